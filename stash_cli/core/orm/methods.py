"""The methods of entities that follow from their relationships: `add_tag`, `set_studio`, `reset_o`, ...

`methods_of` is the one table of them; the classes of `entity_methods` and the stub beside it derive from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashNotFoundError
from stash_cli.core.orm import images, primary_file, relate, state_of, validate
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.input import singular
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.side_mutations import QUEUED
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES, snake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stash_cli.core.client import StashClient

Param = tuple[Any, ...]
"""Name, annotation, and default if there is one."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method: name, parameters, and the function that it calls with them."""

    name: str
    doc: str
    params: tuple[Param, ...]
    run: Callable[..., Any]
    result: str = "None"
    waits: bool = True
    """Whether it is a coroutine function."""
    of_class: bool = False

    def parameters(self) -> list[Parameter]:
        """The parameters, for a signature."""
        first = "cls" if self.of_class else "self"
        parameters = [
            Parameter(
                name,
                Parameter.POSITIONAL_OR_KEYWORD,
                annotation=hint,
                default=default[0] if default else Parameter.empty,
            )
            for name, hint, *default in self.params
        ]
        return [Parameter(first, Parameter.POSITIONAL_OR_KEYWORD), *parameters]


_CONTAINERS = {("Scene", "galleries"), ("Image", "galleries")}
"""Relationships whose objects contain this one: it is added *to* them."""

_PARAMS = {
    "parents": "parent_tag",
    "children": "child_tag",
    "scene_markers": "marker",
    "child_studios": "child",
    "parent_studio": "parent",
}
"""Names of parameters that are not the relationship's name in the singular."""

_OPTIONS: dict[str, tuple[Param, ...]] = {
    "reset_activity": (("reset_resume", "bool", True), ("reset_duration", "bool", True)),
    "generate_screenshot": (("at", "float | None", None),),
}
"""Parameters of queued mutations."""


@cache
def methods_of(type_name: str) -> tuple[Method, ...]:
    """The derived methods of an entity type."""
    groups = (
        _list_methods,
        _link_methods,
        _hierarchy_methods,
        _queued_methods,
        _image_methods,
        _file_methods,
        _name_methods,
    )
    return tuple(method for group in groups for method in group(type_name))


def _list_methods(type_name: str) -> Iterator[Method]:
    for attr, relation in relationships(type_name).items():
        if relation.is_list and relation.is_written and describe_api().types[relation.inverse_type].is_entity:
            yield from _add_and_remove(type_name, attr, relation)


def _add_and_remove(type_name: str, attr: str, relation: RelationshipMetadata) -> Iterator[Method]:
    one = singular(attr)
    param = _PARAMS.get(attr, one)
    target = relation.inverse_type + (f" | {relation.through}" if relation.through else "")
    into, out_of = ("to_", "from_") if (type_name, attr) in _CONTAINERS else ("", "")

    def add(obj: Any, other: Any, **data: Any) -> None:
        relate.append(obj, attr, other, **data)

    def remove(obj: Any, other: Any) -> None:
        relate.remove(obj, attr, other)

    params = ((param, target), *_data_params(relation))
    yield Method(f"add_{into}{one}", f"Add an object to `{attr}`; sent by the next save.", params, add)
    doc = f"Remove an object from `{attr}`; sent by the next save."
    yield Method(f"remove_{out_of}{one}", doc, ((param, target),), remove)


def _data_params(relation: RelationshipMetadata) -> tuple[Param, ...]:
    """Association data: the parameters besides the object itself."""
    if not relation.through:
        return ()
    fields = describe_api().types[relation.through].fields.values()
    words = {"String": "str", "Int": "int"}
    return tuple(
        (field.attr, f"{words[field.type.name]} | None", None)
        for field in fields
        if field.attr != relation.link
    )


def _link_methods(type_name: str) -> Iterator[Method]:
    for attr, relation in relationships(type_name).items():
        if relation.is_list:
            continue

        def put(obj: Any, other: Any, *, attr: str = attr) -> None:
            relate.append(obj, attr, other)

        hint = f"{relation.inverse_type} | None"
        # A coroutine function where it is one in the API of other clients.
        waits = attr in validate.HIERARCHIES.get(type_name, ())
        doc = f"Set `{attr}` to this object, or none; sent by the next save."
        yield Method(f"set_{attr}", doc, ((_PARAMS.get(attr, attr), hint),), put, waits=waits)


def _hierarchy_methods(type_name: str) -> Iterator[Method]:
    names = validate.HIERARCHIES.get(type_name, ())
    for name, word in zip(names, ("ancestors", "descendants"), strict=False):

        async def find_all(obj: Any, *, name: str = name) -> list[Any]:
            return await validate.find_all(obj, name)

        doc = f"All its {word}, nearest first; loaded by one request where they are not."
        yield Method(f"get_all_{word}", doc, (), find_all, result=f"list[{type_name}]")


def _queued_methods(type_name: str) -> Iterator[Method]:
    for method, (operation, _) in QUEUED.get(type_name, {}).items():

        def queue(obj: Any, *values: Any, method: str = method) -> None:
            names = [name for name, *_ in _OPTIONS.get(method, ())]
            relate.queue_mutation(obj, method, **dict(zip(names, values, strict=True)))

        doc = f"Queue the mutation `{operation}` for the next save."
        yield Method(method, doc, _OPTIONS.get(method, ()), queue, waits=False)


def _image_methods(type_name: str) -> Iterator[Method]:
    for field in images.image_fields(type_name):

        def put(obj: Any, source: Any, *, field: str = field) -> None:
            relate.queue_image(obj, field, source)

        doc = f"Queue `{field}` for the next save: a path, a URL, a data URI, or None to remove it."
        yield Method(f"set_{field}", doc, (("source", "str | Path | None"),), put, waits=False)
    if type_name == "Performer":
        doc = "Save an image and all other changes; returns the performer."
        params = (("client", "StashClient"), ("image_path", "str | Path"))
        yield Method("update_avatar", doc, params, _update_avatar, result="Performer")


def _file_methods(type_name: str) -> Iterator[Method]:
    if primary_file.has_primary_file(type_name):
        doc = "Queue one of its files, or the file's id, as the primary one for the next save."
        params = (("file_or_id", "BaseFile | str | int"),)
        yield Method("set_primary_file", doc, params, primary_file.set_primary_file, waits=False)


def _name_methods(type_name: str) -> Iterator[Method]:
    entity = ENTITIES.get(type_name)
    if entity is not None and entity.label == "name":
        doc = f"The {snake(type_name).replace('_', ' ')} of this name in any case, or of this alias; or None."
        params = (("client", "StashClient"), ("name", "str"))
        hint = f"{type_name} | None"
        yield Method("find_by_name", doc, params, _find_by_name, result=hint, of_class=True)
    if type_name == "Gallery":
        doc = "The image at this index of the gallery, from 0."
        yield Method("image", doc, (("index", "int"),), _image_at, result="Image")


async def _find_by_name(cls: Any, client: StashClient, name: str) -> Any:
    """The oldest object with this name or alias; see `StashClientBase.find_named`."""
    return await client.find_named(cls, name)


async def _image_at(gallery: Any, index: int) -> Any:
    """The image at an index of the gallery, from 0; raises StashNotFoundError if there is none."""
    client = state_of(gallery).client
    text = 'query($id: ID!, $page: Int!) { findImages(filter: {page: $page, per_page: 1, sort: "path"},'
    text += " image_filter: {galleries: {value: [$id], modifier: INCLUDES}}) { images { id } } }"
    data = await client.execute(text, {"id": gallery.id, "page": index + 1})
    rows = data["findImages"]["images"]
    if index < 0 or not rows:
        raise StashNotFoundError(f"{gallery!r} has no image {index}.")
    return await client.find_entity(class_named("Image"), rows[0]["id"])


async def _update_avatar(performer: Any, client: StashClient, image_path: str | Path) -> Any:
    """Save an image of a performer, with all other changes."""
    relate.queue_image(performer, "image", image_path)
    await performer.save(client)
    return performer
