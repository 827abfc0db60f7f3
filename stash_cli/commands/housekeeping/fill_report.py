"""The report of `fill`: matched and unmatched objects, unknown names, and unused facts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, is_dataclass
from enum import StrEnum
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from stash_cli.core.texts import counted
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.sidecars import Sidecar

VIEW = View(
    columns=columns(
        *("id>", "file=path:basename!", "result", "reason"),
        *("title=found.title", "date=found.date", "studio=found.studio", "performers=found.performers"),
        *("tags=found.tags", "unknown", "unused"),
    ),
    files=("path",),
)
"""A row for each object: facts, unknown names, and unused parts of the source."""
SHOWN = 20
"""Maximum number of objects and names listed for people."""
_UNUSED = 10
_IN_MEMORY = 4_000_000


def facts_of(sidecar: Sidecar) -> dict[str, Any]:
    """The facts of a sidecar as JSON."""
    return {
        name: [*map(_plain, value)] if isinstance(value, tuple) else value
        for name, value in sidecar.facts.items()
    }


def _plain(item: Any) -> Any:
    return asdict(item) if is_dataclass(item) and not isinstance(item, type) else item


class Result(StrEnum):
    """The outcome of one object."""

    FILLED = "filled"
    SO_ALREADY = "nothing new"
    NO_MATCH = "no match"
    REFUSED = "refused"


@dataclass
class Report:
    """Rows of the report, stored in a temporary file if there are many; `counts` by result."""

    noun: str
    plural: str
    counts: Counter[Result] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    covers: Counter[str] = field(default_factory=Counter)
    """Reasons for unused covers, with their numbers."""
    _file: IO[bytes] = field(default_factory=partial(SpooledTemporaryFile, max_size=_IN_MEMORY))

    def add(self, row: dict[str, Any]) -> None:
        """Add the row of an object."""
        self.counts[row["result"]] += 1
        if row["result"] is Result.NO_MATCH:
            self.reasons[row["reason"].partition(":")[0][:60]] += 1
        self.unused.update(row["unused"])
        if reason := row.get("cover_left"):
            self.covers[reason] += 1
        self._file.seek(0, 2)
        self._file.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows in their order."""
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)

    def close(self) -> None:
        """Delete the temporary file with the rows."""
        self._file.close()

    def print(self, runtime: Runtime) -> None:
        """Print all rows in the chosen format; for people the first unmatched ones."""
        rows: Iterable[dict[str, Any]] = self.rows()
        if runtime.for_people:
            from itertools import islice

            missing = self.counts[Result.NO_MATCH] + self.counts[Result.REFUSED]
            rows = list(islice((row for row in rows if row["result"] in _LISTED), SHOWN))
            if not rows:
                return
            runtime.print_rows(View(columns=VIEW.columns[:4]), rows)
            if missing > len(rows):
                runtime.streams.note(f"... and {missing - len(rows):,} more {self.plural} without a match")
            return
        writer = runtime.writer(VIEW)
        for row in rows:
            writer.row(row)
        writer.finish()

    def lines(self, unknown: Sequence[dict[str, Any]], others: int, *, created: bool) -> Iterator[str]:
        """Yield lines for people: numbers of matches, unknown names, and unused facts."""
        total, matched = self.counts.total(), self.counts[Result.FILLED] + self.counts[Result.SO_ALREADY]
        yield f"{matched:,} of {total:,} {self.plural if total != 1 else self.noun} matched"
        yield from (f"  {count:,}: {reason}" for reason, count in self.reasons.most_common(5))
        for each in unknown:
            entity, candidates = ENTITIES[each["type"]], each["candidates"][:3]
            many = f"{each['count']:,} {self.noun if each['count'] == 1 else self.plural}"
            is_several = bool(candidates) and candidates[0].startswith("id:")
            what = f"several {entity.plural} are" if is_several else f"no {entity.noun} is"
            near = f"; perhaps {' or '.join(candidates)}" if candidates else ""
            yield f"{what} called {each['name']!r}: not set for {many}{near}"
        if others:
            yield f"... and {others:,} more names that are not set"
        if (unknown or others) and not created:
            yield "--create-missing makes those that are not there"
        if self.unused:
            shown = ", ".join(f"{name} ({count:,})" for name, count in self.unused.most_common(_UNUSED))
            yield f"not used: {shown}{' and more' if len(self.unused) > _UNUSED else ''}"
        for reason, count in self.covers.most_common(_UNUSED):
            yield f"cover not used for {counted(count, self.noun, self.plural)}: {reason}"


_LISTED = (Result.NO_MATCH, Result.REFUSED)
