"""Responses of scrapers and stash-boxes, injected by a proxy in front of a served library."""

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


def scraped_scene(title: str, number: int = 1, **facts: Any) -> dict[str, Any]:
    """A scene of a stash-box with this id."""
    return {"title": title, "remote_site_id": f"site-{number}", "date": "2024-05-06", **facts}


def fingerprint(value: str = "aa", duration: int = 10, kind: str = "OSHASH") -> dict[str, Any]:
    """A fingerprint as returned by a stash-box."""
    return {"algorithm": kind, "hash": value, "duration": duration}


def png_data_url(width: int, height: int) -> str:
    """A picture as a data URL."""
    return f"data:image/png;base64,{base64.b64encode(picture(1, (width, height))).decode()}"


class ScrapeResponses:
    """Rule of a FaultProxy: responses of scraping operations by name; `calls` are their variables, in order.

    A response may be a function of the variables; a string is an error message.

    """

    def __init__(self, **answers: Answer | Any) -> None:
        self.responses: dict[str, Any] = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: Request) -> Fault | None:
        name = request.operation[:1].lower() + request.operation[1:]
        if name not in self.responses:
            return None
        self.calls.append((name, request.variables))
        given = self.responses[name]
        value = given(request.variables) if callable(given) else given
        if isinstance(value, str):
            return fixed_response(json.dumps({"data": None, "errors": [{"message": value, "path": [name]}]}))
        [operation] = graphql.parse(request.document).definitions
        assert isinstance(operation, graphql.OperationDefinitionNode)
        return fixed_response(json.dumps({"data": _selected({name: value}, operation.selection_set)}))

    def scene_ids(self) -> list[list[str]]:
        """Scene ids of each call."""
        inputs = [given["input"] for _, given in self.calls if "input" in given]
        return [given.get("scene_ids") or [given.get("scene_id")] for given in inputs]


def _selected(value: Any, fields: graphql.SelectionSetNode | None) -> Any:
    """The selected fields of a response; null for missing ones."""
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
