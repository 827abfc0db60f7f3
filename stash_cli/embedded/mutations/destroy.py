"""The destroy mutations of every entity; every list is all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.persistence import blobs, entity_mapper
from stash_cli.embedded.persistence.arguments import to_id, to_ids
from stash_cli.embedded.persistence.changeset import require
from stash_cli.embedded.persistence.deletion import Options, destroy, unlink_after_commit

if TYPE_CHECKING:
    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.mutations.resolver import Resolver
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


def _resolvers() -> dict[str, Resolver]:
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


RESOLVERS = _resolvers()
