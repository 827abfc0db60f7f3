"""Errors that resolvers raise; their text becomes the message of a GraphQL error."""

from __future__ import annotations

from stash_cli.core.errors import StashError


class Refused(StashError):  # noqa: N818 - reads as the outcome it is: the operation was refused
    """An operation that is not carried out; the message has the server's wording."""

    code = "refused"


class UnsupportedModifier(Refused):
    """A criterion modifier on which the server panics."""

    def __init__(self, kind: str, modifier: str) -> None:
        super().__init__(f"Internal system error. Error <unsupported {kind} {modifier}>")
