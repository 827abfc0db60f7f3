"""The settings of a server by key, such as `general.log_level`, and the mutations that change them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core import log
from stash_cli.core.errors import StashInputError, did_you_mean
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


Settings = dict[str, Any]

HIDDEN = "***"
"""Placeholder for a secret in output; it is never sent to the server."""
_FREE = {"ui": "configureUI", "plugins": "configurePlugin"}
"""Sections whose keys are not in the schema -> their mutations."""


class Section(NamedTuple):
    """The input type of a section and the mutation that takes it."""

    input: str
    mutation: str


SECTIONS = {
    "general": Section("ConfigGeneralInput", "configureGeneral"),
    "interface": Section("ConfigInterfaceInput", "configureInterface"),
    "dlna": Section("ConfigDLNAInput", "configureDLNA"),
    "scraping": Section("ConfigScrapingInput", "configureScraping"),
    "defaults": Section("ConfigDefaultSettingsInput", "configureDefaults"),
}
NAMES = (*SECTIONS, *_FREE)


def readable(configuration: Mapping[str, Any]) -> Settings:
    """The result of `configuration` by section, with keys in snake_case, without secrets and `__typename`."""
    found: Settings = {}
    for section, values in configuration.items():
        if section in NAMES:
            found[section] = masked(values if section in _FREE else _snake(values))
    return found


def _snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake(each) for each in value]
    if not isinstance(value, dict):
        return value
    names = _attributes()
    return {names.get(name, name): _snake(each) for name, each in value.items() if name != "__typename"}


def masked(value: Any, key: str = "") -> Any:
    """The value of a setting for output: every secret in it, at any depth, is `HIDDEN`."""
    if isinstance(value, list):
        return [masked(each, key) for each in value]
    if isinstance(value, dict):
        return {name: masked(each, name) for name, each in value.items()}
    return HIDDEN if value and isinstance(value, str) and is_secret(key) else value


def _attributes() -> dict[str, str]:
    """API name -> snake_case name, of all fields of settings."""
    types = describe_api().types.values()
    return {
        name: field.attr
        for each in types
        if "Config" in each.name or "Metadata" in each.name
        for name, field in each.fields.items()
    }


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting by its key; lists are one value."""
    for name, value in settings.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value:
            yield from flat(value, f"{key}.")
        else:
            yield key, value


def lookup(settings: Mapping[str, Any], key: str) -> Any:
    """The value of a key or the values below it; raises StashInputError with near keys."""
    value: Any = settings
    for step in key.split("."):
        value = value.get(step, UNSET) if isinstance(value, dict) else UNSET
    if value is UNSET:
        known = [name for name, _ in flat(settings)]
        raise StashInputError(
            f"there is no setting {key}. {did_you_mean(key, known)}".rstrip(), hint="See `stash config list`."
        )
    return value


def changes(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Key -> (old, new) of the settings in `wanted` that differ; hidden secrets are left out.

    Raises StashInputError for keys that cannot be set, and for values of another type.
    """
    old = dict(flat(current))
    found = {
        key: (old.get(key), value)
        for key, value in flat(wanted)
        if HIDDEN not in json.dumps(value) and old.get(key, UNSET) != value
    }
    return {key: (before, typed(key, value)) for key, (before, value) in found.items()}


def is_secret(key: str) -> bool:
    """Whether the value of a setting is never shown."""
    name = key.rpartition(".")[2]
    return name == "handy_key" or log.SECRET.search(name) is not None


def blank(key: str) -> Any:
    """The empty value of a text or a list; None for other types, which have no empty value."""
    if key.partition(".")[0] in _FREE:
        return None
    field = _field(key)
    return [] if field.type.is_list else "" if field.type.name == "String" else None


def parse(key: str, text: str) -> Any:
    """`text` as the value of a setting: of the type that the server declares, JSON in free sections.

    Lists are JSON, or words between commas. Raises StashInputError.
    """
    if key.partition(".")[0] in _FREE:
        return _json(text)
    field = _field(key)
    kind = field.type.name
    if field.type.is_list:
        return _list(key, text, kind)
    return _scalar(key, text, kind)


def typed(key: str, value: Any) -> Any:
    """A value of JSON or YAML as the value of a setting; null becomes the empty value.

    Raises StashInputError for a key that cannot be set, and for a value of another type than the server's.
    """
    if key.partition(".")[0] in _FREE:
        return value
    field = _field(key)
    if value is None:
        value = blank(key)
        if value is None:
            raise StashInputError(f"{key} cannot be empty")
    if field.type.is_list != isinstance(value, list):
        raise StashInputError(f"{key}: {'a list' if field.type.is_list else 'one value'} is wanted")
    for each in value if isinstance(value, list) else [value]:
        _check_type(key, each, field.type.name)
    return value


_PYTHON: dict[str, tuple[tuple[type, ...], str]] = {
    "Boolean": ((bool,), "true or false"),
    "Int": ((int,), "a whole number"),
    "Float": ((int, float), "a number"),
    "String": ((str,), "text: write it in quotation marks"),
}


def _check_type(key: str, value: Any, kind: str) -> None:
    """Raise StashInputError for a value that is not of a type of the API."""
    declared = describe_api().types[kind]
    if declared.values and value not in declared.values:
        raise StashInputError(f"{key}: {value!r} is not one of {', '.join(declared.values)}")
    if declared.fields:
        known = {field.attr: field for field in declared.fields.values()}
        if not isinstance(value, dict) or not value.keys() <= known.keys():
            raise StashInputError(f"{key}: it has the fields {', '.join(known)}")
        for name, each in value.items():
            if each is not None and not known[name].type.is_list:
                _check_type(f"{key}.{name}", each, known[name].type.name)
    classes, words = _PYTHON.get(kind, ((object,), ""))
    if not isinstance(value, classes) or (isinstance(value, bool) and bool not in classes and words):
        raise StashInputError(f"{key}: {value!r} is not {words}")


def _field(key: str) -> ApiField:
    """The input field that a key names; raises StashInputError with near keys."""
    section, _, rest = key.partition(".")
    if section not in SECTIONS:
        raise StashInputError(f"there is no setting {key}. {did_you_mean(section, NAMES)}".rstrip())
    type_name, found = SECTIONS[section].input, None
    for step in rest.split("."):
        fields = {field.attr: field for field in describe_api().types[type_name].fields.values()}
        found = fields.get(step)
        if found is None:
            known = [f"{section}.{name}" for name in fields]
            raise StashInputError(f"{key} cannot be set. {did_you_mean(key, known)}".rstrip())
        type_name = found.type.name
    if found is None:
        raise StashInputError(f"{key} is a section: name one of its settings")
    return found


def _list(key: str, text: str, kind: str) -> list[Any]:
    if text.lstrip().startswith("["):
        found = _json(text)
        if isinstance(found, list):
            return found
    return [_scalar(key, part.strip(), kind) for part in text.split(",") if part.strip()]


def _scalar(key: str, text: str, kind: str) -> Any:
    declared = describe_api().types[kind]
    if declared.values:
        word = text.upper().replace("-", "_")
        if word not in declared.values:
            raise StashInputError(f"{key}: {text!r} is not one of {', '.join(declared.values)}")
        return word
    if kind == "Boolean":
        if text.lower() not in ("true", "false", "yes", "no"):
            raise StashInputError(f"{key}: {text!r} is neither yes nor no")
        return text.lower() in ("true", "yes")
    if kind in ("Int", "Float"):
        try:
            return int(text) if kind == "Int" else float(text)
        except ValueError:
            raise StashInputError(f"{key}: {text!r} is not a number") from None
    return _json(text) if declared.fields else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def mutations(current: Mapping[str, Any], changed: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mutations that set the keys of `changed`, one for each section and for each plugin.

    An object inside a section is sent whole, because servers replace it.
    """
    for section, (input_type, mutation) in SECTIONS.items():
        own = _keys_below(changed, section)
        if own:
            merged = {name: _with_changes(current.get(section, {}), name, own) for name in _top_keys(own)}
            yield mutation, {"input": _camel(input_type, merged)}
    if own := _keys_below(changed, "ui"):
        yield (
            "configureUI",
            {"partial": {name: _with_changes(current.get("ui", {}), name, own) for name in _top_keys(own)}},
        )
    for plugin in _top_keys(_keys_below(changed, "plugins")):
        # The mutation replaces all settings of the plugin.
        values = _with_changes(current.get("plugins", {}), plugin, _keys_below(changed, "plugins"))
        given = {name: value for name, value in values.items() if value is not None}
        yield "configurePlugin", {"plugin_id": plugin, "input": given}


def _keys_below(changed: Mapping[str, Any], section: str) -> dict[str, Any]:
    return {key[len(section) + 1 :]: value for key, value in changed.items() if key.startswith(f"{section}.")}


def _top_keys(keys: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(key.partition(".")[0] for key in keys))


def _with_changes(current: Mapping[str, Any], name: str, changed: Mapping[str, Any]) -> Any:
    """The value of `name` with the changed keys below it."""
    if name in changed:
        return changed[name]
    value = {**(current.get(name) or {})}
    inner = _keys_below(changed, name)
    return value | {top: _with_changes(value, top, inner) for top in _top_keys(inner)}


def _camel(type_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as an input of the API, without null and without names that the input does not have."""
    fields = {field.attr: field for field in describe_api().types[type_name].fields.values()}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in fields and value is not None:
            inner = fields[name].type.name
            nested = isinstance(value, dict) and bool(describe_api().types[inner].fields)
            found[fields[name].name] = _camel(inner, value) if nested else _items(inner, value)
    return found


def _items(type_name: str, value: Any) -> Any:
    """A list of objects as inputs of the API; any other value as it is."""
    if isinstance(value, list) and describe_api().types[type_name].fields:
        return [_camel(type_name, each) if isinstance(each, dict) else each for each in value]
    return value
