"""Answers of scrapers and stash-boxes, given by a proxy before a served library."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import graphql
from fault_kinds import fixed_response
from fault_proxy import Fault, Request
from scan_library import picture

BOX = "https://box.example/graphql"
Answer = Callable[[dict[str, Any]], Any]


def result(title: str, number: int = 1, **facts: Any) -> dict[str, Any]:
    """A scene of a stash-box, with the id `number` there."""
    return {"title": title, "remote_site_id": f"site-{number}", "date": "2024-05-06", **facts}


def same(value: str = "aa", duration: int = 10, kind: str = "OSHASH") -> dict[str, Any]:
    """A fingerprint as a stash-box tells it."""
    return {"algorithm": kind, "hash": value, "duration": duration}


def cover(width: int, height: int) -> str:
    """A picture as servers send it."""
    return f"data:image/png;base64,{base64.b64encode(picture(1, (width, height))).decode()}"


class Sources:
    """The rule of a FaultProxy: answers of scraping operations by name; `asked` are their inputs, in order.

    An answer is a function of the operation's variables; a text is the error of the server.
    """

    def __init__(self, **answers: Answer | Any) -> None:
        self.answers: dict[str, Any] = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: Request) -> Fault | None:
        name = request.operation[:1].lower() + request.operation[1:]
        if name not in self.answers:
            return None
        self.asked.append((name, request.variables))
        given = self.answers[name]
        value = given(request.variables) if callable(given) else given
        if isinstance(value, str):
            return fixed_response(json.dumps({"data": None, "errors": [{"message": value, "path": [name]}]}))
        [operation] = graphql.parse(request.document).definitions
        assert isinstance(operation, graphql.OperationDefinitionNode)
        return fixed_response(json.dumps({"data": _selected({name: value}, operation.selection_set)}))

    def scene_ids(self) -> list[list[str]]:
        """The scenes of each question."""
        inputs = [given["input"] for _, given in self.asked if "input" in given]
        return [given.get("scene_ids") or [given.get("scene_id")] for given in inputs]


def _selected(value: Any, fields: graphql.SelectionSetNode | None) -> Any:
    """The fields that a document asks for; null for what an answer does not say."""
    if fields is None or value is None:
        return value
    if isinstance(value, list):
        return [_selected(each, fields) for each in value]
    found: dict[str, Any] = {}
    for each in fields.selections:
        if isinstance(each, graphql.FieldNode):
            key = each.alias.value if each.alias else each.name.value
            found[key] = _selected(value.get(each.name.value), each.selection_set)
        elif isinstance(each, graphql.InlineFragmentNode) and _is_of(value, each):
            found |= _selected(value, each.selection_set)
    return found


def _is_of(value: dict[str, Any], fragment: graphql.InlineFragmentNode) -> bool:
    condition = fragment.type_condition
    return condition is None or condition.name.value == value.get("__typename")
