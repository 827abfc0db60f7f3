"""Objects as YAML documents for an editor: one object each, text in quotes, scalars read as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NULLS = ("", "~", "null", "Null", "NULL")


class _Dumper(yaml.SafeDumper):
    """Dumps text in quotes, text of several lines as blocks, and keys plain where that is safe."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        node = super().represent_mapping(tag, mapping, flow_style)
        for key, _ in node.value:
            key.style = None
        return node


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    is_block = "\n" in text and text.replace("\n", "").isprintable() and text == text.strip()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else '"')


_Dumper.add_representer(str, _represent_text)


def written(documents: Iterable[Mapping[str, Any]], head: str) -> str:
    """Dump objects as one text, with the lines of `head` as comments before it."""
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 10_000}
    parts = (yaml.dump(dict(each), Dumper=_Dumper, **options) for each in documents)
    return comment + "".join(f"---\n{part}" for part in parts)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its line, its fields, and its problem ("" if valid)."""

    line: int
    values: dict[str, Any]
    problem: str = ""


def read(text: str) -> list[Document]:
    """Parse the documents of a text, without empty ones; a YAML error becomes a last document with it."""
    loader = yaml.SafeLoader(text)
    documents: list[Document] = []
    try:
        while loader.check_node():
            node = loader.get_node()
            if not (isinstance(node, yaml.ScalarNode) and node.value in _NULLS):
                documents.append(_document(loader, node))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        documents.append(Document(mark.line + 1 if mark else 1, {}, f"no YAML: {one_line(str(reason))}"))
    finally:
        loader.dispose()
    return documents


def _document(loader: Any, node: Any) -> Document:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        return Document(line, {}, "not the fields of an object")
    values: dict[str, Any] = {}
    for key, value in node.value:
        if key.value in values:
            return Document(key.start_mark.line + 1, values, f"{key.value} is there twice")
        values[str(key.value)] = _value(loader, value)
    return Document(line, values)


def _value(loader: Any, node: Any) -> Any:
    """Return a scalar as text, so that YAML does not convert `no`, `1:30` and `007`; the field parses it."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in _NULLS else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, each) for each in node.value]
    return loader.construct_object(node, deep=True)


def changed(before: Iterable[Document], after: Iterable[Document]) -> Iterator[Document]:
    """Yield the documents of an edited text with their changed fields only; documents with problems, too."""
    known = {each.values["id"]: each.values for each in before}
    seen: set[str] = set()
    for each in after:
        one = str(each.values.get("id") or "")
        if each.problem:
            yield each
        elif one not in known:
            reason = f"there was no object {one} in the text" if one else "it has no id"
            yield Document(each.line, each.values, reason)
        elif one in seen:
            yield Document(each.line, each.values, f"object {one} is there twice")
        else:
            seen.add(one)
            own = known[one]
            new = {name: value for name, value in each.values.items() if own.get(name, _ABSENT) != value}
            if new:
                yield Document(each.line, {"id": one, **new})


_ABSENT = object()
