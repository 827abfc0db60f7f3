"""When a name of the API appeared, and what it was called before."""

from __future__ import annotations

from functools import cache

from stash_cli.core.graphql.releases import RELEASE
from stash_cli.core.types.api import describe_api

_INPUT_ENDINGS = ("CreateInput", "UpdateInput", "FilterType", "DestroyInput")


def since(name: str) -> str | None:
    """The release that brought an operation, argument, type or field, where that is known.

    >>> since("BulkTagUpdateInput.sort_name"), since("findScenes(ids)")
    ('0.28', '0.25')
    """
    if name in RELEASE:
        return RELEASE[name] or None
    operation, _, argument = name.partition("(")
    if argument:
        return RELEASE.get(f"({argument}") or since(operation)
    owner, _, field = name.partition(".")
    return _of_field(owner, field) if field else _of_users(owner)


def _of_field(owner: str, field: str) -> str | None:
    """An input's field came with the field of the object that it writes, at the earliest with the input."""
    entity = owner.removeprefix("Bulk")
    for ending in _INPUT_ENDINGS:
        entity = entity.removesuffix(ending)
    own = f"{field.removesuffix('_ids')}s" if field.endswith("_ids") else field
    names = (f"{owner}.{field}", f"{entity}.{own}", f".{field}", entity)
    return next((RELEASE[name] for name in names if name in RELEASE), None) or since(owner)


def _of_users(name: str) -> str | None:
    """A type came with the first of what uses it, provided that each of its users is listed."""
    found = [
        RELEASE.get(user) or RELEASE.get(f".{user.partition('.')[2]}") for user in _users().get(name, ())
    ]
    if not found or None in found:
        return None
    return min((each for each in found if each), key=number)


@cache
def _users() -> dict[str, list[str]]:
    """Type -> operations that take or answer it, and fields of other types that hold it."""
    api = describe_api()
    found: dict[str, list[str]] = {}
    for operation in (*api.queries.values(), *api.mutations.values(), *api.subscriptions.values()):
        for ref in (operation.type, *operation.args.values()):
            found.setdefault(ref.name, []).append(operation.name)
    for declared in api.types.values():
        for field in declared.fields.values():
            if field.type.name != declared.name:
                found.setdefault(field.type.name, []).append(f"{declared.name}.{field.name}")
    return found


def number(release: str) -> tuple[int, ...]:
    """A release for comparing: 0.9 comes before 0.10."""
    return tuple(int(part) for part in release.split("."))


def older_name(name: str) -> str:
    """What a name was before groups were introduced (0.27), or the name itself.

    >>> older_name("bulkGroupUpdate"), older_name("CircumcisedEnum")
    ('bulkMovieUpdate', 'CircumisedEnum')
    """
    moved = name.replace("group", "movie").replace("Group", "Movie")
    moved = moved.replace("Circumcised", "Circumised")
    return _RENAMED.get(moved, moved)


_RENAMED = {
    "DuplicationCriterionInput": "PHashDuplicationCriterionInput",
    "FileDuplicationCriterionInput": "PHashDuplicationCriterionInput",
}
