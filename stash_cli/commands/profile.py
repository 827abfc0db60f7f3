"""`stash profile`: the profiles of the settings file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, Yes, subcommand
from stash_cli.commands.auth import NameOptions, SwitchOptions, chosen_profile, forget_key, run_switch
from stash_cli.core.errors import StashError, StashInputError, StashUsageError, did_you_mean
from stash_cli.core.profile import KEY_SOURCES, KEYS, Profile
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime

PROFILE = View(columns=columns("name!", "url", "default", "key", "username?", "read_only"))
SECRETS = ("api_key", "proxy", "headers", "basic_auth.password")
"""Settings with secret values."""
SOURCES = ("command", "file", "env", "shell")
BY_HAND = ("defaults", "aliases", "run")
"""Tables that are edited in the file itself; aliases have their own command."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SetOptions(CommandOptions):
    """The command line of `profile set`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="name of a profile")]
    assignments: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE...", help="settings; an empty value removes one")
    ]


@dataclass(frozen=True, kw_only=True, eq=False)
class AddOptions(CommandOptions):
    """The command line of `profile add`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="name of the new profile")]
    url: Annotated[str, typer.Argument(metavar="URL", help="address of the server")]
    assignments: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="settings")] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class RemoveOptions(CommandOptions):
    """The command line of `profile remove`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="name of a profile")]
    yes: Yes = False


@dataclass(frozen=True, kw_only=True, eq=False)
class RenameOptions(CommandOptions):
    """The command line of `profile rename`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="name of a profile")]
    new: Annotated[str, typer.Argument(metavar="NEW", help="its new name")]


def group() -> LazyGroup:
    entries = {
        "list": subcommand("List the profiles", run_list, CommandOptions, "stash profile list"),
        "show": subcommand(
            "Show the settings of a profile, without secrets", run_show, NameOptions, "stash profile show nas"
        ),
        "use": subcommand("Make a profile the default", run_switch, SwitchOptions, "stash profile use nas"),
        "add": subcommand(
            "Add a profile without trying it; `stash login` tries the key first",
            run_add,
            AddOptions,
            "stash profile add nas http://nas:9999 api_key_command='pass show stash'",
        ),
        "set": subcommand(
            "Change settings of a profile",
            run_set,
            SetOptions,
            "stash profile set nas read_only=true timeout=20",
            "stash profile set nas path_maps./data=/mnt/nas",
            "stash profile set nas headers.CF-Access-Client-Secret.env=CF_SECRET",
            "stash profile set nas timeout=",
        ),
        "remove": subcommand("Remove a profile", run_remove, RemoveOptions, "stash profile remove nas"),
        "rename": subcommand("Rename a profile", run_rename, RenameOptions, "stash profile rename nas home"),
    }
    return LazyGroup("profile", entries, "List, show and change the connections of the settings file.")


def run_list(runtime: Runtime, _: CommandOptions) -> None:
    """List the profiles."""
    settings = runtime.settings
    rows = [_row_of(settings.profile(name), is_default=name == settings.default) for name in settings.names]
    if not rows:
        runtime.streams.note("there are no profiles; `stash login` makes one")
    runtime.print_rows(PROFILE, rows)


def _row_of(profile: Profile, *, is_default: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": profile.name, "default": is_default}
    try:
        row |= {"url": profile.url.removesuffix("/graphql"), "key": profile.key_source or "none"}
    except StashError as error:
        return {**row, "url": error.message}
    return {**row, "username": profile.values.get("username"), "read_only": profile.read_only}


def run_show(runtime: Runtime, options: NameOptions) -> None:
    """Show the settings of a profile; secrets are told by their source only."""
    profile = chosen_profile(runtime, options.name)
    profile.check()
    row = _row_of(profile, is_default=profile.name == runtime.settings.default)
    row |= {
        key: _without_secrets(key, value)
        for key, value in profile.values.items()
        if key not in ("url", "api_key", "keyring")
    }
    names = [name for name in row if name not in ("name", "url", "default", "key")]
    view = View(columns=columns("name", "url", "default", "key", *names))
    runtime.print_row(view, row)


def _without_secrets(key: str, value: Any) -> Any:
    """A setting without its secrets."""
    from stash_cli.core.log import HIDDEN

    if key == "headers" and isinstance(value, dict):
        return {name: HIDDEN if isinstance(each, str) else each for name, each in value.items()}
    if key == "basic_auth" and isinstance(value, dict):
        return {
            name: HIDDEN if name == "password" and isinstance(each, str) else each
            for name, each in value.items()
        }
    return HIDDEN if key == "proxy" and isinstance(value, str) and "@" in value else value


def run_add(runtime: Runtime, options: AddOptions) -> None:
    """Add a profile. The first one becomes the default.

    Nothing is sent: `stash auth status -P NAME` tries it. KEY=VALUE is as for `profile set`.
    """
    if options.name in runtime.settings.names:
        raise StashUsageError(f"there is a profile {options.name}; `stash profile set` changes it")
    _write(
        runtime,
        options.name,
        {("url",): options.url, **_parse_assignments(runtime, options.assignments or ())},
    )
    runtime.streams.note(f"added the profile {options.name}; `stash auth status -P {options.name}` tries it")


def run_set(runtime: Runtime, options: SetOptions) -> None:
    """Change settings of a profile. The keys are those of the settings file; inner keys follow after a dot.

    An empty value removes a setting. The value - is asked for on the terminal, which does not show it, or
    read from standard input: secrets are taken in no other way, because others can see the command line.
    """
    before = runtime.settings.profile(options.name)
    changes = _parse_assignments(runtime, options.assignments)
    _write(runtime, options.name, changes)
    runtime.streams.note(f"changed the profile {options.name}")
    if ("url",) in changes and any(before.values.get(key) for key in KEY_SOURCES):
        runtime.streams.note("its key goes to the new address from now on")


def _parse_assignments(runtime: Runtime, assignments: Sequence[str]) -> dict[tuple[str, ...], Any]:
    """The keys and values of KEY=VALUE. Raises StashInputError."""
    values: dict[tuple[str, ...], Any] = {}
    for each in assignments:
        name, equals, text = each.partition("=")
        if not equals:
            raise StashInputError(f"{each} is not KEY=VALUE")
        keys = _split_key(name)
        if text == "-":
            text = _read_secret(runtime, name)
        elif text and _is_secret(keys, text):
            raise StashInputError(
                f"{name} is secret: others can see the command line",
                hint=f"{name}=- asks for it, {name}.env=VARIABLE and {name}.command=COMMAND say where it is.",
            )
        values[keys] = _parse_value(keys, text) if text else None
    return values


def _split_key(name: str) -> tuple[str, ...]:
    """Split the key of a setting at dots; a path with dots stays one key."""
    first, _, rest = name.partition(".")
    if first not in KEYS:
        raise StashInputError(f"{first} is no setting. {did_you_mean(first, KEYS) or ', '.join(KEYS)}")
    if first in BY_HAND:
        raise StashInputError(
            f"{first} is written in the settings file itself", hint="See docs/connections.md."
        )
    if first == "path_maps":
        return (first, rest) if rest else (first,)
    return tuple(name.split("."))


def _is_secret(keys: tuple[str, ...], text: str) -> bool:
    if keys[-1] in SOURCES and len(keys) > 1:
        return False
    if keys[0] == "proxy":
        return "@" in text
    return any(".".join(keys).startswith(secret) for secret in SECRETS) and keys[0] not in (
        "api_key_file",
        "api_key_command",
    )


def _read_secret(runtime: Runtime, name: str) -> str:
    streams = runtime.streams
    text = streams.prompt_hidden(f"{name}: ") if streams.stdin.isatty() else streams.read_line()
    if not text:
        raise StashInputError(f"{name}: the value is empty")
    runtime.keys.append(text)
    return text


def _parse_value(keys: tuple[str, ...], text: str) -> Any:
    """Parse a value to the type of its setting. Raises StashInputError."""
    kind = bool if keys[-1] == "shell" else KEYS[keys[0]]
    if kind is bool:
        booleans = {"true": True, "yes": True, "false": False, "no": False}
        if text.lower() not in booleans:
            raise StashInputError(f"{'.'.join(keys)} is true or false, not {text!r}")
        return booleans[text.lower()]
    if kind != (int, float):
        return text
    try:
        number = float(text)
    except ValueError:
        raise StashInputError(f"{keys[0]} is a number, not {text!r}") from None
    return int(number) if number.is_integer() else number


def _write(runtime: Runtime, name: str, values: dict[tuple[str, ...], Any]) -> None:
    """Write values of a profile, after validating the resulting profile."""
    from stash_cli.core.settings_edit import editing, set_values

    if not name.strip():
        raise StashInputError("NAME is empty: give the profile a name")
    with editing(runtime.settings.path) as document:
        set_values(document, name, values)
        profiles: Any = document["profiles"]
        replace(runtime.settings.profile(None), name=name, values=profiles[name].unwrap()).validate()


def run_remove(runtime: Runtime, options: RemoveOptions) -> None:
    """Remove a profile, and its key from the keyring."""
    from stash_cli.core.settings_edit import editing, remove_profile
    from stash_cli.output.failures import confirm

    profile = runtime.settings.profile(options.name)
    confirm(runtime.streams, f"remove the profile {options.name}", yes=options.yes)
    if profile.values.get("keyring"):
        forget_key(runtime, profile)
    with editing(runtime.settings.path) as document:
        remove_profile(document, options.name)
    runtime.streams.note(f"removed the profile {options.name}")


def run_rename(runtime: Runtime, options: RenameOptions) -> None:
    """Rename a profile."""
    from stash_cli.core.settings_edit import editing, rename_profile

    runtime.settings.profile(options.name)
    if not options.new.strip() or options.new in runtime.settings.names:
        raise StashInputError(f"NEW cannot be {options.new!r}: it is empty, or the name of another profile")
    with editing(runtime.settings.path) as document:
        rename_profile(document, options.name, options.new)
    runtime.streams.note(f"renamed the profile {options.name} to {options.new}")
