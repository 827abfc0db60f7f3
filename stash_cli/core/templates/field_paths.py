"""The fields that a template reads, found in its syntax tree: only these are requested.

Each expression is resolved to the fields that it refers to: `p.name` within `for p in performers` reads
`performers.name`. An unknown name or field is an error, with similar names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from stash_cli.core.errors import StashLookupError, StashTemplateError, did_you_mean
from stash_cli.core.graphql.selection import is_composite, merge
from stash_cli.core.templates.filters import FILTERS, MAX_PARENTS
from stash_cli.core.templates.sandbox import MAP_METHODS, MAX_DEPTH, NODES, TEXT_METHODS
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_SAME_ITEMS = frozenset(
    {"d", "default", "first", "last", "limit", "list", "reject", "rejectattr", "reverse", "select"}
    | {"selectattr", "sort", "unique"}
)
"""Filters that return (some of) their input objects."""
_ATTRIBUTE_FIRST = frozenset({"rejectattr", "selectattr", "sum"})
_ATTRIBUTE_SECOND = frozenset({"join"})
"""Filters with the name of a field as second positional argument; others have `attribute=`."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of the object: its path, and the type of its objects ("" for plain values)."""

    path: tuple[str, ...]
    type: str

    @property
    def text(self) -> str:
        return ".".join(self.path)


References = tuple[Reference, ...]
"""The fields that an expression may refer to; none for computed values."""
Scope = dict[str, References]
"""Names defined in the template -> the fields that they refer to."""


class FieldPaths:
    """The fields that one template reads from objects of `type_name` ("" if its fields are unknown)."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name
        self.used: dict[str, None] = {}
        self.followed: dict[str, None] = {}
        """Fields that were only navigated or iterated over, but not read."""

    def read(self, tree: nodes.Template) -> list[str]:
        """The paths, in the order of the template. Raises StashTemplateError."""
        self._block(tree.body, {}, 0)
        for path in self.followed:
            if not any(f"{known}.".startswith(f"{path}.") for known in self.used):
                self.used[path] = None
        return list(self.used)

    def _block(self, body: Sequence[nodes.Node], scope: Scope, depth: int) -> None:
        for node in body:
            self._statement(node, scope, depth)

    def _statement(self, node: nodes.Node, scope: Scope, depth: int) -> None:
        _check_node(node, depth)
        if isinstance(node, nodes.Output):
            for each in node.nodes:
                self._use(each, scope, depth + 1)
        elif isinstance(node, nodes.For):
            self._loop(node, scope, depth)
        elif isinstance(node, nodes.If):
            self._use(node.test, scope, depth + 1)
            for body in (node.body, node.elif_, node.else_):
                self._block(body, scope, depth + 1)
        elif isinstance(node, nodes.Assign):
            scope |= _bound(node.target, self._follow(node.node, scope, depth + 1))

    def _loop(self, node: nodes.For, scope: Scope, depth: int) -> None:
        if node.recursive:
            raise StashTemplateError("A template has no recursive loops.")
        items = self._follow(node.iter, scope, depth + 1)
        inner = {**scope, **_bound(node.target, items), "loop": ()}
        if node.test:
            self._use(node.test, inner, depth + 1)
        self._block(node.body, inner, depth + 1)
        self._block(node.else_, {**scope}, depth + 1)

    def _use(self, node: nodes.Node, scope: Scope, depth: int) -> None:
        """Record that the value of an expression is read."""
        for found in self._follow(node, scope, depth):
            self.used[found.text] = None

    def _follow(self, node: nodes.Node, scope: Scope, depth: int) -> References:
        """Resolve an expression to fields; fields used in its computation are recorded as read."""
        _check_node(node, depth)
        inner = depth + 1
        if isinstance(node, nodes.Name):
            found = self._name(node.name, scope)
        elif isinstance(node, nodes.Getattr):
            found = self._field(self._follow(node.node, scope, inner), node.attr)
        elif isinstance(node, nodes.Getitem):
            found = self._item(node, scope, inner)
        elif isinstance(node, nodes.Filter):
            found = self._filter(node, scope, inner)
        elif isinstance(node, nodes.CondExpr):
            self._use(node.test, scope, inner)
            found = self._either([node.expr1, *filter(None, [node.expr2])], scope, inner)
        elif isinstance(node, nodes.And | nodes.Or):
            found = self._either([node.left, node.right], scope, inner)
        else:
            self._compute(node, scope, inner)
            found = ()
        for each in found:
            self.followed[each.text] = None
        return found

    def _compute(self, node: nodes.Node, scope: Scope, depth: int) -> None:
        if isinstance(node, nodes.Call):
            self._call(node, scope, depth)
            return
        for child in node.iter_child_nodes():
            self._use(child, scope, depth)

    def _call(self, node: nodes.Call, scope: Scope, depth: int) -> None:
        """A method of a text or a map, `range` or `loop.cycle`."""
        if isinstance(node.node, nodes.Name):
            if node.node.name != "range":
                hint = f"Filters are written behind a value: {{{{ title | {node.node.name} }}}}."
                raise StashTemplateError(f"There is no function {node.node.name!r}.", hint=hint)
        elif not isinstance(node.node, nodes.Getattr) or node.node.attr not in _METHODS:
            raise StashTemplateError("Only methods of texts and maps can be called.")
        else:
            self._use(node.node.node, scope, depth)
        for each in [*node.args, *node.kwargs]:
            self._use(each, scope, depth)

    def _either(self, choices: Sequence[nodes.Node], scope: Scope, depth: int) -> References:
        return tuple(found for each in choices for found in self._follow(each, scope, depth))

    def _name(self, name: str, scope: Scope) -> References:
        if name in scope:
            return scope[name]
        if self.type_name:
            return (self._checked(Reference((), self.type_name), name, FILTERS),)
        if name.startswith("_"):
            raise StashTemplateError(f"There is no name {name!r}.")
        return (Reference((name,), ""),)

    def _field(self, bases: References, name: str) -> References:
        """Resolve the field `name` of `bases`; values that are not objects are read as a whole."""
        # Python's own attributes are not fields.
        if name.startswith("_"):
            raise StashTemplateError(f"There is no field {name!r}.")
        for base in bases:
            if not base.type:
                self.used[base.text] = None
        return tuple(self._checked(base, name) for base in bases if base.type)

    def _checked(self, base: Reference, name: str, others: Collection[str] = ()) -> Reference:
        path = (*base.path, name)
        try:
            merge(self.type_name, [".".join(path)])
        except StashLookupError as error:
            near = did_you_mean(name, _field_types(base.type))
            hint = f"`stash explain {base.type}` lists its fields."
            if name in others and not near:
                hint = f"{name} is a filter: {{{{ title | {name} }}}}."
            raise StashTemplateError(
                f"{base.type} has no field {name!r}. {near}".rstrip(), hint=hint
            ) from error
        return Reference(path, _type_of(base.type, name))

    def _item(self, node: nodes.Getitem, scope: Scope, depth: int) -> References:
        base = self._follow(node.node, scope, depth)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self._field(base, node.arg.value)
        if isinstance(node.arg, nodes.Slice):
            _check_node(node.arg, depth)
            for child in node.arg.iter_child_nodes():
                self._use(child, scope, depth)
        else:
            self._use(node.arg, scope, depth)
        return base

    def _filter(self, node: nodes.Filter, scope: Scope, depth: int) -> References:
        name = node.name
        if name not in FILTERS:
            near = did_you_mean(name, FILTERS)
            raise StashTemplateError(f"There is no filter {name!r}. {near}".rstrip(), hint=_FILTER_HINT)
        base = self._follow(node.node, scope, depth) if node.node else ()
        for given in [*node.args, *node.kwargs]:
            self._use(given, scope, depth)
        attribute = _attribute(node)
        found = self._path(base, attribute) if attribute else ()
        if name == "map" and attribute:
            return found
        for each in found:
            self.used[each.text] = None
        if name in _SAME_ITEMS:
            others = self._either(node.args, scope, depth) if name in ("d", "default") else ()
            return (*base, *others)
        for each in base:
            if not attribute:
                self.used |= dict.fromkeys(_read_by(name, each))
        return ()

    def _path(self, base: References, attribute: str) -> References:
        """Resolve a dotted `attribute` of `base`."""
        for step in attribute.split("."):
            base = base if step.isdecimal() else self._field(base, step)
        return base


_METHODS = TEXT_METHODS | MAP_METHODS | {"cycle"}
_WORDS = {"assignblock": "set without =", "pow": "**", "fromimport": "import", "callblock": "call"}
"""Name of a syntax node -> the construct as written."""
_FILTER_HINT = "See `stash help templates`."


def _check_node(node: nodes.Node, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise StashTemplateError(f"The template has more than {MAX_DEPTH} levels.")
    if not isinstance(node, NODES):
        what = type(node).__name__.lower()
        raise StashTemplateError(f"A template cannot use {_WORDS.get(what, what)}.", hint=_FILTER_HINT)


def _attribute(node: nodes.Filter) -> str:
    """The name of the field that a filter reads from each item; "" for none."""
    named: list[Any] = [each.value for each in node.kwargs if each.key == "attribute"]
    if node.name in _ATTRIBUTE_FIRST:
        named += node.args[:1]
    if node.name in _ATTRIBUTE_SECOND:
        named += node.args[1:2]
    if not named:
        return ""
    value = named[0].value if isinstance(named[0], nodes.Const) else None
    if not isinstance(value, str):
        raise StashTemplateError(f"{node.name}: the attribute has to be a text, such as 'name'.")
    return value


def _read_by(name: str, base: Reference) -> list[str]:
    """The paths that a filter reads from an object: its label, or the fields that it needs."""
    known = _field_types(base.type)
    if name == "resolution" and {"width", "height"} <= known.keys():
        return [f"{base.text}.width", f"{base.text}.height"]
    if name == "studio_path" and base.type == "Studio":
        above = [".parent_studio" * depth for depth in range(MAX_PARENTS + 2)]
        return [f"{base.text}{each}.name" for each in above]
    return [base.text]


def _bound(target: nodes.Node, found: References) -> Scope:
    """The names that a loop or an assignment binds; the parts of a pair are computed values."""
    if isinstance(target, nodes.Name):
        return {target.name: found}
    if isinstance(target, nodes.Tuple):
        return {each.name: () for each in target.items if isinstance(each, nodes.Name)}
    raise StashTemplateError("A template sets names only.")


def _field_types(type_name: str) -> dict[str, str]:
    """The fields of a type and of its member types, with the type of each."""
    declared = describe_api().types.get(type_name)
    if declared is None:
        return {}
    owners = [declared, *(describe_api().types[name] for name in declared.members)]
    return {
        field.name: field.type.name
        for owner in reversed(owners)
        for field in owner.fields.values()
        if not field.needs_args
    }


def _type_of(owner: str, name: str) -> str:
    """The type of a field; "" for plain values and maps."""
    found = _field_types(owner).get(name, "")
    return found if found and is_composite(found) else ""
