"""Dynamic completion values: names of objects, fields, sort keys, profiles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FILES = ":files"
"""Marker for the shell to complete names of files and folders."""
MOST = 200
"""Maximum number of offered names; with more matches, none is offered until more is typed."""
NAMED = ("Tag", "Performer", "Studio", "Group")
"""Types whose objects are identified by name."""
OTHER_NAMES = ("filters", "scrapers", "boxes", "endpoints", "sources", "plugins")
"""Other kinds of names: saved filters, scrapers (ids), stash-boxes, their endpoints, sources of an
identification (stash-boxes and scrapers of scenes), plugins (ids)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value with its help; with `more` it is the beginning of a value, so that no space follows.

    `plain` is another form that the user may have typed: the name in `tag:"A, B"` without its quotes.
    """

    value: str
    text: str = ""
    more: bool = False
    plain: str = ""

    def with_prefix(self, prefix: str) -> Candidate:
        """Return the candidate with `prefix` before its value."""
        return replace(self, value=prefix + self.value, plain=self.plain and prefix + self.plain)


@dataclass(frozen=True, slots=True)
class Source:
    """The position of a value: the command, the words that select the server, and the environment."""

    path: Sequence[str]
    connection: Sequence[str]
    environ: Mapping[str, str]


def dynamic(marker: str, word: str, source: Source) -> Iterable[Candidate]:
    """The candidates of a source such as `:names Tag` for the unfinished `word`."""
    kind, _, argument = marker[1:].partition(" ")
    if kind == "names":
        return names(argument, word, source)
    if kind == "sorts":
        return _listed(word, sort_keys(argument))
    if kind == "fields":
        return _listed(word, _fields(source.path, word.rpartition(",")[2]))
    if kind in ("query", "where"):
        from stash_cli.commands.argv.completion_query import query_candidates

        return query_candidates(argument, word, source, is_text=kind == "where")
    if kind == "profiles":
        return _profiles()
    return [Candidate(FILES)] if kind == "files" else []


def names(type_name: str, word: str, source: Source) -> list[Candidate]:
    """The names of objects of a type that begin with `word`; none if there are more than MOST.

    `Scene.filters` are the saved filters of a type, `filters` those of all types; so for all `OTHER_NAMES`.
    """
    if type_name not in NAMED and type_name.rpartition(".")[2] not in OTHER_NAMES:
        return []
    from stash_cli.commands.argv.completion_names import NameCache

    known = NameCache(type_name, source.connection, source.environ).names()
    to_word = as_word if type_name in NAMED or type_name.endswith("filters") else str
    written = [to_word(name) for name in known if name.isprintable() and name.strip()]
    found = matching(written, word)
    return [Candidate(name) for name in found] if len(found) <= MOST else []


def as_word(name: str) -> str:
    """Write a name so that it is parsed as a name: a number would be an id."""
    return f"name:{name}" if name.isdecimal() or name.startswith(("id:", "name:")) else name


def matching(values: Iterable[str], word: str) -> list[str]:
    """The values that begin with `word`; if none does, those that do in another case."""
    values = list(values)
    matches = [value for value in values if value.startswith(word)]
    if matches or not word:
        return matches
    folded = word.casefold()
    matches = [value for value in values if value.casefold().startswith(folded)]
    # A shell inserts the common prefix of all candidates; a shorter one would delete typed characters.
    beginning = matches[0][: len(word)] if matches else ""
    return [value for value in matches if value.startswith(beginning)]


def _listed(word: str, items: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield candidates for the last item of a list with commas, without items already in it."""
    before, comma, _ = word.rpartition(",")
    taken = before.split(",")
    for each in items:
        if each.value.lstrip("-") not in taken:
            yield each.with_prefix(f"{before}{comma}")


def sort_keys(type_name: str) -> list[Candidate]:
    """The sort keys of a type, in both directions."""
    from stash_cli.core.types.entities import ENTITIES

    keys = [*ENTITIES[type_name].sorts, "random"]
    return [Candidate(f"{sign}{key}") for sign in ("", "-") for key in keys]


def _profiles() -> Iterator[Candidate]:
    from stash_cli.core.profiles import Settings

    settings = Settings.load()
    for name in settings.names:
        yield Candidate(name, "the default" if name == settings.default else "")


def aliases() -> list[Candidate]:
    """The user's aliases of command lines that apply to all connections."""
    from stash_cli.core.settings_file import settings_path

    if not settings_path().exists():
        return []
    from stash_cli.core.profiles import Settings

    known = Settings.load().profile(None).aliases
    return [Candidate(name, " ".join(words)) for name, words in known.items()]


def _fields(path: Sequence[str], item: str) -> Iterator[Candidate]:
    """Yield fields of the command's type; those of a related object as `name.field`."""
    from stash_cli.core.explain import fields_of
    from stash_cli.core.types.api import TypeRef, describe_api
    from stash_cli.core.types.entities import NOUNS

    if not path or path[0] not in NOUNS:
        return
    prefix, dot, _ = item.rpartition(".")
    for name, kind in fields_of(".".join([NOUNS[path[0]].type, *([prefix] if prefix else [])])):
        yield Candidate(f"{prefix}{dot}{name}", kind)
        target = describe_api().types.get(TypeRef(kind).name)
        if target is not None and target.fields:
            yield Candidate(f"{prefix}{dot}{name}.", kind, more=True)
