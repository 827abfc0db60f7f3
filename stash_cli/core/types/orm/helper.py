"""What the methods of an entity are that follow from its relationships: `add_tag`, `set_studio`, ...

`helpers_of` is the one table of them; the classes in `helpers` and the stub beside it are made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES, snake
from stash_cli.core.types.orm import finding, hierarchy, images
from stash_cli.core.types.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.types.orm.sides import QUEUED
from stash_cli.core.types.orm.writing import singular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Param = tuple[Any, ...]
"""Name, annotation, and default if there is one."""


@dataclass(frozen=True, slots=True)
class Helper:
    """One method: what it is called, what it takes, and what it does."""

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
        given = [
            Parameter(
                name,
                Parameter.POSITIONAL_OR_KEYWORD,
                annotation=hint,
                default=default[0] if default else Parameter.empty,
            )
            for name, hint, *default in self.params
        ]
        return [Parameter(first, Parameter.POSITIONAL_OR_KEYWORD), *given]


_CONTAINERS = {("Scene", "galleries"), ("Image", "galleries")}
"""Lists whose objects contain the one at hand: it is added *to* them."""

_PARAMS = {
    "parents": "parent_tag",
    "children": "child_tag",
    "scene_markers": "marker",
    "child_studios": "child",
    "parent_studio": "parent",
}
"""What a parameter is called where it is not the relationship's name in the singular."""

_OPTIONS: dict[str, tuple[Param, ...]] = {
    "reset_activity": (("reset_resume", "bool", True), ("reset_duration", "bool", True)),
    "generate_screenshot": (("at", "float | None", None),),
}
"""Parameters of queued mutations."""


@cache
def helpers_of(type_name: str) -> tuple[Helper, ...]:
    """Every derived method of an entity type."""
    parts = (_of_lists, _of_links, _of_hierarchy, _queued, _of_images, _of_names)
    return tuple(helper for part in parts for helper in part(type_name))


def _of_lists(type_name: str) -> Iterator[Helper]:
    for attr, relation in relationships(type_name).items():
        if relation.is_list and relation.is_written and describe_api().types[relation.inverse_type].is_entity:
            yield from _of_list(type_name, attr, relation)


def _of_list(type_name: str, attr: str, relation: RelationshipMetadata) -> Iterator[Helper]:
    one = singular(attr)
    param = _PARAMS.get(attr, one)
    target = relation.inverse_type + (f" | {relation.through}" if relation.through else "")
    into, out_of = ("to_", "from_") if (type_name, attr) in _CONTAINERS else ("", "")

    def add(obj: Any, other: Any, **data: Any) -> None:
        obj.relate(attr, other, **data)

    def remove(obj: Any, other: Any) -> None:
        obj.unrelate(attr, other)

    params = ((param, target), *_data_of(relation))
    yield Helper(f"add_{into}{one}", f"Put an object into `{attr}`; saved by the next save.", params, add)
    doc = f"Take an object out of `{attr}`; saved by the next save."
    yield Helper(f"remove_{out_of}{one}", doc, ((param, target),), remove)


def _data_of(relation: RelationshipMetadata) -> tuple[Param, ...]:
    """What goes with an object into a list that carries data."""
    if not relation.through:
        return ()
    fields = describe_api().types[relation.through].fields.values()
    words = {"String": "str", "Int": "int"}
    return tuple(
        (field.attr, f"{words[field.type.name]} | None", None)
        for field in fields
        if field.attr != relation.link
    )


def _of_links(type_name: str) -> Iterator[Helper]:
    for attr, relation in relationships(type_name).items():
        if relation.is_list:
            continue

        def put(obj: Any, other: Any, *, attr: str = attr) -> None:
            obj.relate(attr, other)

        hint = f"{relation.inverse_type} | None"
        # A parent may have to be asked for its own; a plain link never waits.
        waits = attr in hierarchy.HIERARCHIES.get(type_name, ())
        doc = f"Let `{attr}` be this object, or none; saved by the next save."
        yield Helper(f"set_{attr}", doc, ((_PARAMS.get(attr, attr), hint),), put, waits=waits)


def _of_hierarchy(type_name: str) -> Iterator[Helper]:
    names = hierarchy.HIERARCHIES.get(type_name, ())
    for name, word in zip(names, ("ancestors", "descendants"), strict=False):

        async def everyone(obj: Any, *, name: str = name) -> list[Any]:
            return await hierarchy.everyone(obj, name)

        doc = f"All its {word}, nearest first; what was not read is asked for, once."
        yield Helper(f"get_all_{word}", doc, (), everyone, result=f"list[{type_name}]")


def _queued(type_name: str) -> Iterator[Helper]:
    for method, (operation, _) in QUEUED.get(type_name, {}).items():

        def queue(obj: Any, *values: Any, method: str = method) -> None:
            names = [name for name, *_ in _OPTIONS.get(method, ())]
            obj.queue_call(method, **dict(zip(names, values, strict=True)))

        doc = f"Let the next save call `{operation}`."
        yield Helper(method, doc, _OPTIONS.get(method, ()), queue, waits=False)


def _of_images(type_name: str) -> Iterator[Helper]:
    for field in images.image_fields(type_name):

        def put(obj: Any, source: Any, *, field: str = field) -> None:
            obj.queue_image(field, source)

        doc = f"Let the next save send `{field}`: a path, a URL, a data URI, or None for none."
        yield Helper(f"set_{field}", doc, (("source", "str | Path | None"),), put, waits=False)
    if type_name == "Performer":
        doc = "Send an image and everything else that changed; the performer itself."
        params = (("client", "StashClient"), ("image_path", "str | Path"))
        yield Helper("update_avatar", doc, params, finding.update_avatar, result="Performer")


def _of_names(type_name: str) -> Iterator[Helper]:
    entity = ENTITIES.get(type_name)
    if entity is not None and entity.label == "name":
        doc = f"The {snake(type_name).replace('_', ' ')} of this name in any case, or of this alias; or None."
        params = (("client", "StashClient"), ("name", "str"))
        hint = f"{type_name} | None"
        yield Helper("find_by_name", doc, params, finding.find_by_name, result=hint, of_class=True)
    if type_name == "Gallery":
        doc = "The image at this place of the gallery, counted from 0."
        yield Helper("image", doc, (("index", "int"),), finding.image_at, result="Image")
