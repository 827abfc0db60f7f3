"""`--jq`: a jq program applied to rows, with the jq package instead of the jq executable."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError, StashInputError
from stash_cli.output.formats import Row, Writer
from stash_cli.output.json_lines import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stash_cli.output.streams import Streams


@cache
def compile_program(text: str) -> Callable[[Any], Iterator[Any]]:
    """Return a function from a JSON value to the results of the program.

    Raises StashInputError for an invalid program, StashConfigurationError without the jq package.
    """
    try:
        import jq
    except ImportError:
        raise StashConfigurationError(
            "--jq needs the jq package, which is not installed.", hint="pip install 'stash-cli[jq]'"
        ) from None
    try:
        program = jq.compile(text)
    except ValueError as error:
        raise StashInputError(f"--jq: {_first_line(error)}") from None

    def results(value: Any) -> Iterator[Any]:
        try:
            yield from program.input_value(value)
        except ValueError as error:
            raise StashInputError(f"--jq: {_first_line(error)}") from None

    return results


def _first_line(error: ValueError) -> str:
    """The message of an error, without the advice and the count that jq adds."""
    line = str(error).strip().splitlines()[0].removeprefix("jq: error: ")
    return line.partition(" (Unix shell quoting issues?)")[0].partition(" at <top-level>")[0].rstrip(",:")


def result_text(value: Any) -> str:
    """Format a result as a line: text without quotes, other values as JSON."""
    return f"{value if isinstance(value, str) else dump(value)}\n"


class JqWriter(Writer):
    """Prints the results of a program: of each row, or of all rows as one array."""

    def __init__(self, streams: Streams, results: Callable[[Any], Iterator[Any]], *, rowwise: bool) -> None:
        self.streams, self.results, self.rowwise = streams, results, rowwise
        self.kept: list[Row] = []

    def row(self, row: Row) -> None:
        if self.rowwise:
            self._print(row)
        else:
            self.kept.append(row)

    def finish(self) -> None:
        if not self.rowwise:
            self._print(self.kept)

    def _print(self, value: Any) -> None:
        for result in self.results(value):
            self.streams.data(result_text(result))
