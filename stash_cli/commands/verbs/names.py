"""Names of related objects, resolved once for all edits of a command."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashError, StashInputError, StashNotFoundError
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client.resolver import Name
    from stash_cli.core.client.session import Session

CREATABLE = ("Tag", "Performer", "Studio")
"""Types whose create input needs only a name."""
MOST = 10_000
"""Maximum number of names of related objects in memory."""
_NONE: Mapping[str, str] = MappingProxyType({})
NEW = "new:"
"""Prefix of the provisional id of an object that is created before the edits are sent."""


@dataclass
class Names:
    """Resolved names of related objects; with `create`, missing ones get a provisional id (NEW).

    `create` is None for a command without --create-missing.
    """

    session: Session
    create: bool | None = None
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    """Names by type and id, for people."""
    inputs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """Create inputs of new objects with more fields than a name, by type and provisional id."""
    errors: dict[tuple[str, str], StashError] = field(default_factory=dict)
    """Errors of names that `resolve_each` could not resolve, by type and name."""
    unmade: str = ""
    """A type whose missing objects are currently errors, in spite of `create`."""

    def trim(self) -> None:
        """Evict the resolved names when there are more than MOST; they are resolved again when needed.

        The limit matters for imports, where every row may name another object.
        """
        if len(self.ids) + len(self.errors) > MOST:
            self.ids.clear()
            self.errors.clear()
        self.trim_labels()

    def trim_labels(self) -> None:
        """Evict labels beyond the first MOST, except those of new objects; previews show the first ones."""
        if len(self.labels) > 2 * MOST:
            first = dict(islice(self.labels.items(), MOST))
            new = {key: name for key, name in self.labels.items() if key[1].startswith(NEW)}
            self.labels = first | new

    async def resolve(self, words: Mapping[str, Iterable[str]]) -> None:
        """Resolve the words of each type that are not resolved yet, with one request per type.

        Raises StashNotFoundError or StashAmbiguousError for the first word that cannot be resolved.
        """
        from stash_cli.core.client.resolver import resolve_words

        unresolved = {
            target: [w for w in dict.fromkeys(texts) if (target, w) not in self.ids]
            for target, texts in words.items()
        }
        strict = {
            target: texts for target, texts in unresolved.items() if texts and not self._is_created(target)
        }
        try:
            resolved = await resolve_words(self.session, strict, self.labels)
        except StashNotFoundError as error:
            if self.create is False and strict.keys() & set(CREATABLE):
                error.hint = error.hint or "--create-missing makes tags, performers and studios."
            raise
        for target, ids in resolved.items():
            self._add(target, ids)
        for target, texts in unresolved.items():
            if texts and self._is_created(target):
                await self._resolve_or_create(target, texts)

    async def resolve_each(self, words: Mapping[str, Iterable[str]]) -> None:
        """Resolve the words of each type that are not resolved yet; errors are collected in `errors`."""
        for target, texts in words.items():
            names: list[Name] = []
            for word in dict.fromkeys(texts):
                if (target, word) not in self.ids and (target, word) not in self.errors:
                    names += self._parse(target, word)
            if names:
                await self._resolve_names(target, names)

    def _parse(self, target: str, word: str) -> Iterator[Name]:
        from stash_cli.core.client.resolver import Name

        try:
            yield Name.parse(word)
        except StashInputError as error:
            self.errors[target, word] = error

    async def _resolve_names(self, target: str, names: Sequence[Name]) -> None:
        from stash_cli.core.client.resolver import Policy, resolve

        policy = Policy(missing="omit" if self._is_created(target) else "raise")
        found = await resolve(self.session, ENTITIES[target], names, policy)
        nameless = [name for name in found.missing if not name.name] if self._is_created(target) else []
        errors = found.errors | (
            (await resolve(self.session, ENTITIES[target], nameless)).errors if nameless else {}
        )
        self.errors |= {(target, name.written): error for name, error in errors.items()}
        provisional = {
            n.written: f"{NEW}{n.name.casefold()}" for n in found.missing if n.name and n not in errors
        }
        ids = {name.written: ids[0] for name, ids in found.ids.items() if ids and name not in errors}
        self._add(target, ids | provisional, found.labels)

    def _is_created(self, target: str) -> bool:
        return bool(self.create) and target in CREATABLE and target != self.unmade

    async def _resolve_or_create(self, target: str, words: Sequence[str]) -> None:
        from stash_cli.core.client.resolver import Name, Policy, resolve

        entity, names = ENTITIES[target], [Name.parse(word) for word in words]
        found = await resolve(self.session, entity, names, Policy(missing="omit"))
        # An ambiguous name is an error; creating another object would not resolve it.
        for error in found.errors.values():
            raise error
        nameless = [name for name in found.missing if not name.name]
        if nameless:  # ids without an object
            (await resolve(self.session, entity, nameless)).require_all()
        # Servers compare names of tags case-insensitively: `beach` and `Beach` are one new tag.
        provisional = {name.written: f"{NEW}{name.name.casefold()}" for name in found.missing}
        ids = {n.written: provisional.get(n.written) or found.ids[n][0] for n in names}
        self._add(target, ids, found.labels)

    def _add(self, target: str, ids: Mapping[str, str], labels: Mapping[str, str] = _NONE) -> None:
        for word, object_id in ids.items():
            self.ids[target, word] = object_id
            self.labels.setdefault((target, object_id), labels.get(object_id) or word.removeprefix("name:"))

    def input_of(self, target: str, id_: str, name: str) -> dict[str, Any]:
        """The create input of a new object."""
        return self.inputs.get((target, id_), {"name": name})

    def to_create(self) -> list[tuple[str, str, str]]:
        """The (type, provisional id, name) of each object to create."""
        return [(target, id_, name) for (target, id_), name in self.labels.items() if id_.startswith(NEW)]
