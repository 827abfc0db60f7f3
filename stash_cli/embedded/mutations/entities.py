"""Create, update, bulk update and destroy of every entity, by its mapper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.persistence import blobs, changeset, deletion, entity_mapper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.context import Input, RequestContext, Resolver
    from stash_cli.embedded.persistence.entity_mapper import EntityMapper


def destroying(mapper: EntityMapper) -> Resolver:
    """Resolver of a destroy mutation with its ids in `id`, `ids`, `input.id` or `input.ids`."""

    def resolve(context: RequestContext, **given: Any) -> bool:
        asked = given.get("input", given)
        ids = inputs.to_ids(asked.get("ids"), "ids") if "ids" in asked else [inputs.to_id(asked["id"])]
        options = deletion.Options.read(asked, deletion.unlink_after_commit(context))
        for object_id in ids:
            changeset.require(context.connection, mapper, object_id, mapper.missing_on_destroy)
            deletion.destroy(context.connection, mapper, object_id, options)
        blobs.delete_unreferenced(context.connection)
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
    for mapper in entity_mapper.MAPPERS.values():
        resolver = destroying(mapper)
        found[f"{mapper.type[0].lower()}{mapper.type[1:]}Destroy"] = resolver
        if mapper.type in plurals:
            found[f"{plurals[mapper.type]}Destroy"] = resolver
    found["movieDestroy"] = found["moviesDestroy"] = found["groupDestroy"]
    return found


def creating(mapper: EntityMapper, shown: str = "") -> Resolver:
    """Resolver of `<entity>Create`; `shown` is the result type when it differs from the mapper's."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        return context.fetch(shown or mapper.type, changeset.create(context.connection, mapper, input))

    return resolve


def updating(mapper: EntityMapper, shown: str = "") -> Resolver:
    """Resolver of `<entity>Update`."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        return context.fetch(shown or mapper.type, update(context, mapper, input))

    return resolve


def updating_many(mapper: EntityMapper) -> Resolver:
    """Resolver of `<entities>Update`: a list of update inputs in one transaction."""

    def resolve(context: RequestContext, *, input: list[Input]) -> Any:  # noqa: A002 - the API's own name
        return context.fetch_many(mapper.type, [update(context, mapper, one) for one in input])

    return resolve


def update(context: RequestContext, mapper: EntityMapper, given: Mapping[str, Any]) -> int:
    """Apply one update input and return the id."""
    object_id = inputs.to_id(given["id"])
    changeset.require(context.connection, mapper, object_id, mapper.missing)
    return changeset.update_one(context.connection, mapper, object_id, given)


def bulk_updating(mapper: EntityMapper, shown: str = "") -> Resolver:
    """Resolver of `bulk<Entity>Update`: one change for many ids; the result is null without ids."""
    missing = mapper.missing_in_bulk or mapper.missing

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        ids = inputs.to_ids(input.get("ids"), "ids")
        if not ids:
            return None
        for object_id in ids:
            changeset.require(context.connection, mapper, object_id, missing)
            changeset.update_one(context.connection, mapper, object_id, {**input, "ids": ids})
        return context.fetch_many(shown or mapper.type, ids)

    return resolve


def _resolvers() -> dict[str, Resolver]:
    found: dict[str, Resolver] = {}
    for mapper in entity_mapper.MAPPERS.values():
        name = mapper.type[0].lower() + mapper.type[1:]
        found[f"{name}Create"] = creating(mapper)
        found[f"{name}Update"] = updating(mapper)
        found[f"bulk{mapper.type}Update"] = bulk_updating(mapper)
    for name, mapper in (
        ("scenesUpdate", entity_mapper.SCENE),
        ("imagesUpdate", entity_mapper.IMAGE),
        ("galleriesUpdate", entity_mapper.GALLERY),
    ):
        found[name] = updating_many(mapper)
    found["movieCreate"] = creating(entity_mapper.GROUP, "Movie")
    found["movieUpdate"] = updating(entity_mapper.GROUP, "Movie")
    found["bulkMovieUpdate"] = bulk_updating(entity_mapper.GROUP, "Movie")
    for no_such in ("imageCreate", "bulkGalleryChapterUpdate"):
        del found[no_such]
    return found


RESOLVERS = _resolvers() | _destroy_resolvers()
