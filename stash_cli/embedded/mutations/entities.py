"""Create, update, bulk update and destroy of every entity: one resolver each, by its mapper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.persistence import blobs, entity_mapper
from stash_cli.embedded.persistence.arguments import to_id, to_ids
from stash_cli.embedded.persistence.changeset import change_one, create, require
from stash_cli.embedded.persistence.deletion import Options, destroy, unlink_after_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.context import Input, RequestContext, Resolver
    from stash_cli.embedded.persistence.entity_mapper import Blueprint


def destroying(blueprint: Blueprint) -> Resolver:
    """Resolver of a destroy mutation: its ids stand in `id`, `ids`, `input.id` or `input.ids`."""

    def resolve(context: RequestContext, **given: Any) -> bool:
        asked = given.get("input", given)
        ids = to_ids(asked.get("ids"), "ids") if "ids" in asked else [to_id(asked["id"])]
        options = Options.read(asked, unlink_after_commit(context))
        for object_id in ids:
            require(context.connection, blueprint, object_id, blueprint.missing_on_destroy)
            destroy(context.connection, blueprint, object_id, options)
        blobs.forget_unused(context.connection)
        return True

    return resolve


def _destroy_resolvers() -> dict[str, Resolver]:
    plurals = {
        "Scene": "scenes",
        "Image": "images",
        "SceneMarker": "sceneMarkers",
        "Performer": "performers",
        "Studio": "studios",
        "Tag": "tags",
        "Group": "groups",
    }
    found: dict[str, Resolver] = {}
    for blueprint in entity_mapper.BLUEPRINTS.values():
        resolver = destroying(blueprint)
        found[f"{blueprint.type[0].lower()}{blueprint.type[1:]}Destroy"] = resolver
        if blueprint.type in plurals:
            found[f"{plurals[blueprint.type]}Destroy"] = resolver
    found["movieDestroy"] = found["moviesDestroy"] = found["groupDestroy"]
    return found


def creating(blueprint: Blueprint, shown: str = "") -> Resolver:
    """Resolver of `<entity>Create`; `shown` is the type answered when it is not the blueprint's."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        return context.fetch(shown or blueprint.type, create(context.connection, blueprint, input))

    return resolve


def updating(blueprint: Blueprint, shown: str = "") -> Resolver:
    """Resolver of `<entity>Update`."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        return context.fetch(shown or blueprint.type, update(context, blueprint, input))

    return resolve


def updating_many(blueprint: Blueprint) -> Resolver:
    """Resolver of `<entities>Update`: a list of update inputs, all or nothing."""

    def resolve(context: RequestContext, *, input: list[Input]) -> Any:  # noqa: A002 - the API's own name
        return context.fetch_many(blueprint.type, [update(context, blueprint, one) for one in input])

    return resolve


def update(context: RequestContext, blueprint: Blueprint, given: Mapping[str, Any]) -> int:
    """Apply one update input and return the id."""
    object_id = to_id(given["id"])
    require(context.connection, blueprint, object_id, blueprint.missing)
    return change_one(context.connection, blueprint, object_id, given)


def bulk_updating(blueprint: Blueprint, shown: str = "") -> Resolver:
    """Resolver of `bulk<Entity>Update`: one change for many ids; no ids, no answer (null)."""
    missing = blueprint.missing_in_bulk or blueprint.missing

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        ids = to_ids(input.get("ids"), "ids")
        if not ids:
            return None
        for object_id in ids:
            require(context.connection, blueprint, object_id, missing)
            change_one(context.connection, blueprint, object_id, {**input, "ids": ids})
        return context.fetch_many(shown or blueprint.type, ids)

    return resolve


def _resolvers() -> dict[str, Resolver]:
    found: dict[str, Resolver] = {}
    for blueprint in entity_mapper.BLUEPRINTS.values():
        name = blueprint.type[0].lower() + blueprint.type[1:]
        found[f"{name}Create"] = creating(blueprint)
        found[f"{name}Update"] = updating(blueprint)
        found[f"bulk{blueprint.type}Update"] = bulk_updating(blueprint)
    for name, blueprint in (
        ("scenesUpdate", entity_mapper.SCENE),
        ("imagesUpdate", entity_mapper.IMAGE),
        ("galleriesUpdate", entity_mapper.GALLERY),
    ):
        found[name] = updating_many(blueprint)
    found["movieCreate"] = creating(entity_mapper.GROUP, "Movie")
    found["movieUpdate"] = updating(entity_mapper.GROUP, "Movie")
    found["bulkMovieUpdate"] = bulk_updating(entity_mapper.GROUP, "Movie")
    for no_such in ("imageCreate", "bulkGalleryChapterUpdate"):
        del found[no_such]
    return found


RESOLVERS = _resolvers() | _destroy_resolvers()
