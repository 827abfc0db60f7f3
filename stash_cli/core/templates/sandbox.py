"""The Jinja2 environment of templates, with limits on time and memory.

Jinja's own sandbox blocks access to Python's internals. It does not stop a template that counts to 10^12 or
multiplies a text by a billion. So texts, numbers and the steps of one rendering are limited, and only the
constructs in `NODES` are compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from stash_cli.core.errors import StashTemplateError, did_you_mean
from stash_cli.core.texts import label

MAX_SOURCE = 20_000
"""Characters of a template."""
MAX_DEPTH = 40
"""Nesting of expressions and blocks."""
MAX_TEXT = 100_000
"""Characters of one value, and items of one list created by a template."""
MAX_OUTPUT = 1_000_000
"""Characters of the result."""
MAX_STEPS = 100_000
"""Iterations of loops and values turned into text, in one rendering."""
MAX_RANGE = 1000
MAX_BITS = 256
"""Bits of an integer."""
MAX_WIDTH = 1000
"""Width and precision of a format."""

NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign),
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword),
    *(nodes.Filter, nodes.Test, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Call),
    *(nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Concat, nodes.And, nodes.Or, nodes.Not),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos),
)
"""Nodes that a template may consist of."""
TEXT_METHODS = frozenset(
    {"capitalize", "casefold", "endswith", "lower", "lstrip", "removeprefix", "removesuffix", "replace"}
    | {"rsplit", "rstrip", "split", "startswith", "strip", "title", "upper"}
)
MAP_METHODS = frozenset({"get", "items", "keys", "values"})
LOOP = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem", "cycle"}
)
"""Attributes of `loop`."""
_SEVERAL = (str, list, tuple)
_FIELD = re.compile(r"%(?:\(\w*\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one template; with `lenient` a missing key of a map is null."""

    intercepted_binops = frozenset({"+", "*", "%"})

    def __init__(self, filters: Mapping[str, Any], *, lenient: bool) -> None:
        super().__init__(
            undefined=StrictUndefined, finalize=self.printed, keep_trailing_newline=True, optimized=False
        )
        self.lenient = lenient
        self.steps = 0
        own = {"_steps": self._counted, "_concat": self._concat, "_slice": self._slice}
        self.filters = {**filters, **own}
        self.tests["defined"] = lambda value: value is not None
        self.tests["undefined"] = lambda value: value is None
        self.globals = {"range": self._range}

    def count_steps(self, steps: int = 1) -> None:
        """Count steps; raises StashTemplateError beyond MAX_STEPS."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise StashTemplateError(f"The template takes more than {MAX_STEPS:,} steps.")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field of an object; for a list those of its items, and null for null."""
        if obj is None:
            return None
        if isinstance(obj, Mapping):
            return self._of_map(obj, attribute)
        if isinstance(obj, list):
            found = [self.getattr(item, attribute) for item in obj]
            return [one for each in found for one in (each if isinstance(each, list) else [each])]
        allowed = attribute in TEXT_METHODS if isinstance(obj, str) else attribute in LOOP
        if not allowed or isinstance(obj, int | float):
            raise StashTemplateError(f"{self.text(obj)!r} has no field {attribute!r}.")
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item by its position, or a field by its name."""
        if obj is None:
            return None
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(argument, bool) or not isinstance(argument, int):
            raise StashTemplateError(f"[{argument!r}] is neither a position nor a name.")
        items = obj if isinstance(obj, _SEVERAL) else list(obj)
        return items[argument] if -len(items) <= argument < len(items) else None

    def _of_map(self, obj: Mapping[str, Any], name: str) -> Any:
        if name in obj:
            return obj[name]
        if name in MAP_METHODS:
            return getattr(obj, name)
        if self.lenient:
            return None
        raise StashTemplateError(f"There is no field {name!r}. {did_you_mean(name, obj)}".rstrip())

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        if obj is None:
            return None
        if getattr(obj, "__name__", "") == "replace":
            return self.replaced(getattr(obj, "__self__", ""), *args, **kwargs)
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Jinja's
        if operator == "%" and isinstance(left, str):
            return self.formatted(left, right)
        if operator == "*" and (isinstance(left, _SEVERAL) or isinstance(right, _SEVERAL)):
            many, times = (left, right) if isinstance(right, int) else (right, left)
            _check_size(len(many) * max(int(times), 0))
        found = self.binop_table[operator](left, right)
        _check_size(len(found) if isinstance(found, _SEVERAL) else 0)
        if isinstance(found, int) and found.bit_length() > MAX_BITS:
            raise StashTemplateError("The template computes a number that is too large.")
        return found

    def printed(self, value: Any) -> str:
        """The text that stands for a whole `{{ ... }}`."""
        return self.text(value)

    def text(self, value: Any) -> str:
        """A value as text: lists with commas, objects by their label, nothing for null."""
        self.count_steps()
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        if isinstance(value, Mapping):
            return self.text(label(dict(value)))
        if callable(value) and not isinstance(value, Undefined):
            raise StashTemplateError(f"{getattr(value, '__name__', 'This')} is called: write () behind it.")
        if isinstance(value, str | int | float) or not isinstance(value, Iterable):
            return str(value)
        texts = [self.text(item) for item in value if item is not None]
        _check_size(sum(map(len, texts)))
        return ", ".join(texts)

    @staticmethod
    def replaced(text: str, old: str, new: str, count: int = -1) -> str:
        """`str.replace`, bounded."""
        _check_size(len(text) + text.count(old) * max(len(new) - len(old), 0))
        return text.replace(old, new, count)

    @staticmethod
    def formatted(text: str, values: Any) -> str:
        """`text % values`, bounded."""
        for found in _FIELD.finditer(text.replace("%%", "")):
            if any(number == "*" or int(number or 0) > MAX_WIDTH for number in found.groups(default="")):
                raise StashTemplateError(f"The format {text!r} is wider than {MAX_WIDTH} characters.")
        return str(text % values)

    def _counted(self, items: Any) -> Iterator[Any]:
        for item in items or ():
            self.count_steps()
            yield item

    def _concat(self, values: list[Any]) -> str:
        texts = [self.text(value) for value in values]
        _check_size(sum(map(len, texts)))
        return "".join(texts)

    @staticmethod
    def _slice(value: Any, start: Any, stop: Any, step: Any) -> Any:
        if value is None:
            return None
        return (value if isinstance(value, _SEVERAL) else list(value))[start:stop:step]

    @staticmethod
    def _range(*bounds: int) -> range:
        found = range(*bounds)
        if len(found) > MAX_RANGE:
            raise StashTemplateError(f"range() gives at most {MAX_RANGE} numbers.")
        return found


def _check_size(size: int) -> None:
    if size > MAX_TEXT:
        raise StashTemplateError(f"The template makes a value of more than {MAX_TEXT:,} characters.")


class LimitsTransformer(NodeTransformer):
    """Rewrites loops, `~` and slices so that the limits of the sandbox apply."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        node.iter = _filter(node.iter, "_steps")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), "_concat")

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        none: nodes.Expr = nodes.Const(None, lineno=node.lineno)
        return _filter(node.node, "_slice", *(each or none for each in _ends(node.arg)))


def _ends(found: nodes.Slice) -> tuple[nodes.Expr | None, ...]:
    return found.start, found.stop, found.step


def _filter(value: Any, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(value, name, list(args), [], None, None, lineno=value.lineno)
