"""Settings: the configure mutations, the settings of plugins, and saved filters."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import file_access, functions, settings
from stash_cli.embedded.library.settings import Credentials, hash_password, make_api_key, unlock
from stash_cli.embedded.queries.system import configuration_part, deep_merged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.jobs.queue import Progress
    from stash_cli.embedded.library.context import Input, RequestContext, Resolver
    from stash_cli.embedded.library.limits import Limits


_CONTENT = ("find_filter", "object_filter", "ui_options")


def save_filter(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """Create a filter, or replace the one with this id; an unknown id stores nothing, as on the server."""
    name = str(input["name"] or "").strip()
    if not name:
        raise Refused("name must be non-empty")
    values = {"name": name, "mode": input["mode"], **{key: input.get(key) for key in _CONTENT}}
    if input.get("id") is None:
        key = context.connection.execute(insert(t.saved_filters).values(values)).inserted_primary_key
        return context.fetch("SavedFilter", key[0] if key else 0)
    number = inputs.to_id(input["id"])
    context.connection.execute(update(t.saved_filters).where(t.saved_filters.c.id == number).values(values))
    return context.fetch("SavedFilter", number) or {**values, "id": str(number), "filter": ""}


def destroy_filter(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    number = inputs.to_id(input["id"])
    if context.connection.scalar(select(t.saved_filters.c.id).where(t.saved_filters.c.id == number)) is None:
        raise Refused(f"id {number} does not exist in saved_filters")
    context.connection.execute(delete(t.saved_filters).where(t.saved_filters.c.id == number))
    return True


def set_default_filter(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Store the default filter of a view in the interface settings; without content it is removed."""
    ui = settings.read_part(context.connection, "ui")
    defaults = {**ui.get("defaultFilters", {})}
    mode = str(input["mode"]).lower()
    content = {key: input[key] for key in _CONTENT if input.get(key) is not None}
    defaults.pop(mode, None)
    if content:
        defaults[mode] = {"mode": input["mode"], "name": "", **content}
    settings.write_part(context.connection, "ui", {**ui, "defaultFilters": defaults})
    return True


def configure_plugin(context: RequestContext, *, plugin_id: str, input: Input) -> Input:  # noqa: A002 - the API's own name
    """Replace the settings of a plugin; plugins that are not installed are accepted, as on the server."""
    plugins = settings.read_part(context.connection, "plugins")
    settings.write_part(context.connection, "plugins", {**plugins, plugin_id: input})
    return input


def enable_plugins(context: RequestContext, *, enabledMap: dict[str, bool]) -> bool:  # noqa: N803 - the API's own name
    """Store which plugins are disabled."""
    disabled = settings.read_part(context.connection, "plugins_enabled")
    settings.write_part(context.connection, "plugins_enabled", {**disabled, **enabledMap})
    return True


def run_plugin_task(
    context: RequestContext, *, plugin_id: str, task_name: str | None = None, **_: Any
) -> str:
    """Queue a plugin task, which fails because the plugin is not installed."""

    def fail(_: Progress) -> None:
        raise Refused(f"Error creating plugin task: no plugin with ID {plugin_id}")

    return str(context.library.jobs.add(f"Running plugin task: {task_name or plugin_id}", fail))


_LOG_LEVELS = ("Trace", "Debug", "Info", "Warning", "Error")
_PATTERNS = {"excludes": "video", "imageExcludes": "image"}


def validate_general(
    stored: Mapping[str, Any], new_values: Mapping[str, Any], library: Path, limits: Limits
) -> dict[str, Any]:
    """Validate fields of configureGeneral and return them as stored. Raises Refused."""
    checked = dict(new_values)
    if new_values.get("stashes") is not None:
        current_paths = {stash["path"] for stash in stored.get("stashes") or ()}
        checked["stashes"] = [
            _library_folder(stash, current_paths, limits) for stash in new_values["stashes"]
        ]
    _check_database(checked.pop("databasePath", None), library)
    for field, kind in _PATTERNS.items():
        _check_patterns(new_values.get(field) or (), kind)
    _check_combinations({**stored, **checked})
    if "password" in new_values:
        checked["password"] = _password(stored, new_values["password"] or "")
    if "logLevel" in new_values:
        level = str(new_values["logLevel"] or "")
        checked["logLevel"] = level if level in _LOG_LEVELS else "Info"
    return checked


def _library_folder(stash: Mapping[str, Any], current_paths: set[str], limits: Limits) -> dict[str, Any]:
    """Validate a library folder; only a new one has to exist."""
    path = str(Path(stash["path"].strip()).absolute())
    # A current library folder may be on a drive that is not mounted now.
    if path not in current_paths and not Path(path).is_dir():
        raise Refused(f"stat {path}: file does not exist")
    if not limits.any_folder and file_access.is_system_folder(path):
        raise Refused(
            f"{path} is a folder of the system or a hidden one of a home, not one of media:"
            " name a folder that holds media only, or serve with --allow system-folders"
        )
    return {"path": path, "excludeVideo": stash["excludeVideo"], "excludeImage": stash["excludeImage"]}


def _check_database(path: str | None, library: Path) -> None:
    """Refuse another database file: the library is the file that was opened."""
    if path is None or Path(path) == library:
        return
    if Path(path).suffix not in {".db", ".sqlite", ".sqlite3"}:
        raise Refused("invalid database path, use extension db, sqlite, or sqlite3")
    raise Refused("cannot set overridden value: databasePath")


def _check_patterns(patterns: list[str] | tuple[()], kind: str) -> None:
    for pattern in patterns:
        try:
            functions.compile_pattern(pattern)
        except Refused as refusal:
            raise Refused(f"{kind} exclusion pattern '{pattern}' invalid: {refusal.message}") from None


def _check_combinations(general: Mapping[str, Any]) -> None:
    if general.get("blobsStorage") == "FILESYSTEM" and not general.get("blobsPath"):
        raise Refused("blobs path must be set when using filesystem storage")
    if general.get("videoFileNamingAlgorithm") == "MD5" and general.get("calculateMD5") is False:
        raise Refused("calculateMD5 must be true if using MD5")


def _password(stored: Mapping[str, Any], new_password: str) -> str:
    """The stored password hash; writing the current hash back keeps it."""
    return (
        new_password
        if not new_password or new_password == stored.get("password")
        else hash_password(new_password)
    )


def configuring(part: str) -> Resolver:
    """Resolver that merges the input into `part`, nested objects included."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        stored = settings.read_part(context.connection, part)
        settings.write_part(context.connection, part, deep_merged(stored, input))
        return configuration_part(context, part)

    return resolve


def configure_general(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """Validate and store general settings."""
    stored = settings.read_part(context.connection, "general")
    new_values = validate_general(stored, input, context.library.database.path, context.library.limits)
    general = {**stored, **new_values}
    settings.write_part(context.connection, "general", general)
    # With credentials, requests from public addresses are safe.
    if Credentials.of(general).needed:
        unlock(context.connection)
    return configuration_part(context, "general")


def configure_ui(
    context: RequestContext,
    *,
    input: Input | None = None,  # noqa: A002 - the API's own name
    partial: Input | None = None,
) -> Input:
    """Replace the settings of the web interface by `input`, or merge `partial` into them."""
    values = settings.read_part(context.connection, "ui") if input is None else input
    if partial is not None:
        values = deep_merged(values, partial)
    settings.write_part(context.connection, "ui", values)
    return values


def configure_ui_setting(context: RequestContext, *, key: str, value: Any = None) -> Input:
    """Set a value of the web interface by its dotted path; null is stored."""
    values = settings.read_part(context.connection, "ui")
    parent = values
    *parents, last = key.split(".")
    for name in parents:
        if not isinstance(parent.get(name), dict):
            parent[name] = {}
        parent = parent[name]
    parent[last] = value
    settings.write_part(context.connection, "ui", values)
    return values


def generate_api_key(context: RequestContext, *, input: Input) -> str:  # noqa: A002 - the API's own name
    """Create, store and return an API key for the user; empty without a user name."""
    general = settings.read_part(context.connection, "general")
    username = general.get("username") or ""
    key = "" if input.get("clear") or not username else make_api_key(username, secrets.token_hex(32))
    settings.write_part(context.connection, "general", {**general, "apiKey": key})
    return key


def refuse_set_up(_: RequestContext, **__: Any) -> bool:
    raise Refused("the library is set up already: its file was made when it was opened")


RESOLVERS: dict[str, Resolver] = {
    "configurePlugin": configure_plugin,
    "setPluginsEnabled": enable_plugins,
    "runPluginTask": run_plugin_task,
    "configureGeneral": configure_general,
    "configureInterface": configuring("interface"),
    "configureDLNA": configuring("dlna"),
    "configureScraping": configuring("scraping"),
    "configureDefaults": configuring("defaults"),
    "configureUI": configure_ui,
    "configureUISetting": configure_ui_setting,
    "generateAPIKey": generate_api_key,
    "setup": refuse_set_up,
    "saveFilter": save_filter,
    "destroySavedFilter": destroy_filter,
    "setDefaultFilter": set_default_filter,
}
