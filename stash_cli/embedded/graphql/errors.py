"""What a resolver raises when it refuses: the text becomes a GraphQL error with its path."""

from __future__ import annotations

from stash_cli.core.errors import StashError


class Refused(StashError):  # noqa: N818 - reads as the outcome it is: the operation was refused
    """An operation that the library does not carry out; the message is worded as the server words it."""

    code = "refused"


class UnsupportedModifier(Refused):
    """A criterion modifier that the server answers with a panic."""

    def __init__(self, kind: str, modifier: str) -> None:
        super().__init__(f"Internal system error. Error <unsupported {kind} {modifier}>")
