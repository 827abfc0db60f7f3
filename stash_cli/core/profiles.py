"""The profiles of the settings file, and which connection a command uses."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashConfigurationError, did_you_mean
from stash_cli.core.profile import KEY_SOURCES, Profile
from stash_cli.core.server_url import normalise_url
from stash_cli.core.settings import Connection, resolve_connection
from stash_cli.core.settings_file import read_file, readable_by_others, settings_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LOGIN_HINT = "See `stash profile list`; `stash login URL` makes a profile."


class Selection(NamedTuple):
    """The layer that defines the whole connection, and its profile (None: it has none)."""

    layer: str
    name: str | None = None
    note: str = ""
    """Message for the user: both variables are set and name different servers."""

    def __str__(self) -> str:
        if self.name is None:
            return self.layer
        return (
            f"default profile {self.name}"
            if self.layer == "default"
            else f"profile {self.name} of {self.layer}"
        )


@dataclass(frozen=True)
class Settings:
    """The settings file as read; empty where there is none."""

    path: Path
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        """Read the settings file; raises StashConfigurationError."""
        path = path or settings_path()
        return cls(path, read_file(path))

    @property
    def names(self) -> list[str]:
        """The names of the profiles."""
        return list(self.content.get("profiles", {}))

    @property
    def default(self) -> str | None:
        """The name of the default profile; None unless it is set, as a guess could be the wrong server."""
        return self.content.get("default")

    def profile(self, name: str | None) -> Profile:
        """The profile `name`; for None the settings of all connections. Raises StashConfigurationError."""
        shared = {key: self.content.get(key, {}) for key in ("defaults", "aliases", "run")}
        if name is None:
            return Profile(None, {}, shared, self.path.parent)
        values = self.content.get("profiles", {}).get(name)
        if values is None:
            near = did_you_mean(name, self.names)
            known = near or (f"Profiles: {', '.join(self.names)}." if self.names else "There are none.")
            raise StashConfigurationError(f"There is no profile {name}. {known}", hint=_LOGIN_HINT)
        if not isinstance(values, dict):
            raise StashConfigurationError(f"{self.path}: profiles.{name} has to be a table.")
        return Profile(name, values, shared, self.path.parent)

    def select(self, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Selection:
        """The first layer that names a connection; the whole connection comes from it."""
        url, named = environ.get("STASH_URL"), environ.get("STASH_PROFILE")
        if flags.get("url") or flags.get("demo"):
            return Selection("--demo" if flags.get("demo") else "--server")
        if flags.get("profile"):
            return Selection("-P", flags["profile"])
        if url:
            return Selection("STASH_URL", None, self._note(url, named) if named else "")
        if named:
            return Selection("STASH_PROFILE", named)
        return Selection("default", self.default) if self.default else Selection("default address")

    def _note(self, url: str, named: str) -> str:
        same = named in self.names and self.profile(named).url == normalise_url(url, "STASH_URL")
        return "" if same else "STASH_URL and STASH_PROFILE name different servers: STASH_URL is used"

    @property
    def exposed(self) -> bool:
        """Whether the file holds secrets that other users of this machine can read."""
        profiles = [each for each in self.content.get("profiles", {}).values() if isinstance(each, dict)]
        return any(map(_holds_secrets, profiles)) and readable_by_others(self.path)

    def named(self, url: str, *keys: str) -> str | None:
        """The name of a profile for the server at `url` that has one of `keys`."""
        for name, values in self.content.get("profiles", {}).items():
            if isinstance(values, dict) and any(values.get(key) for key in keys) and _is_at(values, url):
                return str(name)
        return None


def connect(
    settings: Settings, flags: Mapping[str, Any], environ: Mapping[str, str], *, can_ask: bool = False
) -> Connection:
    """The connection that flags, environment and settings file select; raises StashConfigurationError."""
    chosen = settings.select(flags, environ)
    given = {key: value for key, value in flags.items() if key != "profile"}
    if chosen.name is None:
        found = resolve_connection(given, environ, source=str(chosen))
        # A server that is read-only in the file stays so when it is named by a variable.
        protected_by = settings.named(found.url, "read_only") if chosen.layer == "STASH_URL" else None
        known_as = None if found.api_key else settings.named(found.url, *KEY_SOURCES)
        read_only = found.read_only or protected_by is not None
        return replace(found, read_only=read_only, protected_by=protected_by, known_as=known_as)
    profile = settings.profile(chosen.name)
    if given.get("api_key_file"):
        raise StashConfigurationError(
            f"--api-key-file needs --server: profile {profile.name} says itself where its key is."
        )
    read = profile.settings(environ, can_ask=can_ask)
    # The key of a variable is for the server of a variable, or for the default one.
    has_own = read.get("url") or read["api_key"]
    ignored = ("STASH_URL", "STASH_API_KEY", "STASH_API_KEY_FILE") if has_own else ("STASH_URL",)
    rest = {name: value for name, value in environ.items() if name not in ignored}
    return resolve_connection(given, rest, read, source=str(chosen), profile_name=profile.name)


def _is_at(values: Mapping[str, Any], url: str) -> bool:
    """Whether a profile is for the server at `url`; an invalid one is for none."""
    try:
        return Profile("", values).url == url
    except StashConfigurationError:
        return False


def connection_of_profile(name: str | None = None) -> Connection:
    """The connection of a profile; without a name, that of STASH_PROFILE or the default one.

    Raises StashConfigurationError.
    """
    settings = Settings.load()
    name = name or os.environ.get("STASH_PROFILE") or settings.default
    if not name:
        raise StashConfigurationError(f"{settings.path} has no default profile.", hint=_LOGIN_HINT)
    return connect(settings, {"profile": name}, os.environ)


def _holds_secrets(values: Mapping[str, Any]) -> bool:
    secrets = [values.get("api_key"), values.get("proxy"), *_values(values.get("headers"))]
    return any(isinstance(each, str) for each in [*secrets, *_values(values.get("basic_auth"), "password")])


def _values(table: Any, *keys: str) -> list[Any]:
    return (
        [value for key, value in table.items() if not keys or key in keys] if isinstance(table, dict) else []
    )
