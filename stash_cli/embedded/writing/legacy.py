"""Older input fields - url, twitter, instagram, movies - rewritten as what replaced them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.writing.arguments import trimmed
from stash_cli.embedded.writing.lists import SET, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.writing.blueprint import Change

_HANDLES = {"twitter": "https://twitter.com/", "instagram": "https://instagram.com/"}
_OLDER_NAMES = {"movies": "groups", "movie_ids": "group_ids"}
_EXCLUSIVE = frozenset({"Performer", "Studio"})


def modern(change: Change) -> dict[str, Any]:
    """The input without older fields, unless they are the entity's own."""
    given = dict(change.given)
    for old, new in _OLDER_NAMES.items():
        if old in given:
            given.setdefault(new, given.pop(old))
    old_links = {name: given.pop(name) for name in ("url", *_HANDLES) if name in given}
    if old_links and "urls" in change.blueprint.lists:
        urls = _urls(change, given, old_links)
        if urls is not None:
            given["urls"] = urls
    return given


def _urls(change: Change, given: Mapping[str, Any], old: Mapping[str, Any]) -> Any:
    """What `urls` becomes; None leaves it alone."""
    exclusive = change.blueprint.type in _EXCLUSIVE
    if exclusive and change.creating:
        return [*filter(None, (_as_url(*item) for item in old.items())), *(given.get("urls") or ())]
    if "urls" in given:
        if exclusive:
            raise Refused(f"{next(iter(old))} field must not be included if urls is included")
        return None
    if exclusive:
        return _replaced(change, old)
    links = [old["url"]] if old.get("url") else []
    return {"mode": SET, "values": links}


def _as_url(name: str, value: str | None) -> str:
    text = trimmed(value)
    prefix = _HANDLES.get(name, "")
    return text if not text or "://" in text or not prefix else prefix + text


def _replaced(change: Change, old: Mapping[str, Any]) -> dict[str, Any]:
    """The present urls with the one that each older field stands for replaced, added or taken out."""
    field = change.blueprint.lists["urls"]
    urls = field.current(change.connection, change.owner) if isinstance(field, Texts) else []
    for name, value in old.items():
        place = next((i for i, url in enumerate(urls) if _stands_for(name, url)), len(urls))
        urls[place : place + 1] = filter(None, [_as_url(name, value)])
    return {"mode": SET, "values": urls}


def _stands_for(name: str, url: str) -> bool:
    hosts = {other: f"{other}.com" for other in _HANDLES}
    if name in hosts:
        return hosts[name] in url
    return not any(host in url for host in hosts.values())
