"""Profiles: the settings of one connection in the settings file, checked, with secrets from their sources."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.key_sources import Keyring, SourceContext, check_key, read_key, read_secret, run_command
from stash_cli.core.path_maps import PathMaps
from stash_cli.core.server_url import normalise_url
from stash_cli.core.settings import DEFAULT_URL, resolve_connection
from stash_cli.core.settings_file import check_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_SOURCES = ("api_key", "api_key_file", "api_key_command", "keyring")
"""Settings that say where the API key is; a profile has at most one."""
KEYS: dict[str, Any] = {
    "url": str,
    "api_key": (str, dict),
    "api_key_file": str,
    "api_key_command": (str, list, dict),
    "keyring": bool,
    "username": str,
    "timeout": (int, float),
    "ca_cert": str,
    "insecure": bool,
    "proxy": (str, dict),
    "headers": dict,
    "basic_auth": dict,
    "read_only": bool,
    "path_maps": dict,
    "journal": bool,
    "defaults": dict,
    "aliases": dict,
    "run": dict,
}
"""The keys of a profile, with the types of their values."""
_OWN_HEADERS = {
    *(
        "accept",
        "accept-encoding",
        "apikey",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
    ),
    *("keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"),
}
"""Headers that the protocol or this program sets."""
_HEADER = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Profile:
    """The settings of one connection.

    A profile without a name has only the settings for all connections. `values` are the settings of the
    connection as they are in the file, unresolved.
    """

    name: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    shared: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The file's own tables `defaults`, `aliases` and `run`."""
    folder: Path = Path()

    @property
    def place(self) -> str:
        """The profile's table, for messages."""
        return f"[profiles.{self.name}] of settings.toml"

    @property
    def url(self) -> str:
        """The GraphQL endpoint. Raises StashConfigurationError."""
        self.check()
        return normalise_url(self.values.get("url") or DEFAULT_URL, f"url in {self.place}")

    @cached_property
    def path_maps(self) -> PathMaps:
        """Server path <-> local path; raises StashConfigurationError."""
        return PathMaps.parse(
            _checked_path_maps(self.values.get("path_maps", {}), f"path_maps in {self.place}"),
            f"path_maps in {self.place}",
        )

    @property
    def journal(self) -> bool:
        """Whether changes are journalled; True unless switched off."""
        return bool(self.values.get("journal", True))

    @property
    def read_only(self) -> bool:
        return bool(self.values.get("read_only", False))

    @cached_property
    def aliases(self) -> dict[str, list[str]]:
        """Name -> the words that it stands for; aliases of the profile override those of the file."""
        return {name: _alias(name, words) for name, words in self._merged("aliases").items()}

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        """The tables `[run.NAME]`, as data. Raises StashConfigurationError for another value."""
        found = self._merged("run")
        for name, table in found.items():
            if not isinstance(table, dict):
                raise StashConfigurationError(f"settings.toml: [run.{name}] has to be a table.")
        return found

    @cached_property
    def defaults(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """Words of a command -> its default flags and their values."""
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for source in (self.shared.get("defaults", {}), self.values.get("defaults", {})):
            for command, flags in _defaults(source, ()):
                found.setdefault(command, {}).update(flags)
        return found

    def _merged(self, key: str) -> dict[str, Any]:
        return {**self.shared.get(key, {}), **self.values.get(key, {})}

    @property
    def key_source(self) -> str | None:
        """The setting that says where the API key is; raises StashConfigurationError for several."""
        found = [key for key in KEY_SOURCES if self.values.get(key) not in (None, "", False)]
        if len(found) > 1:
            raise StashConfigurationError(f"{self.place} has {' and '.join(found)}: keep one of them.")
        return found[0] if found else None

    def check(self) -> None:
        """Raise StashConfigurationError for unknown keys and values of a wrong type."""
        check_keys(dict(self.values), KEYS, self.place)

    def validate(self) -> None:
        """Raise StashConfigurationError for any invalid setting; sources of secrets are not read."""
        resolve_connection({}, {}, self._plain())
        for name in self.values.get("headers", {}):
            self._check_header(name)
        for name in ("key_source", "path_maps", "aliases", "defaults", "runs"):
            getattr(self, name)

    def settings(
        self, environ: Mapping[str, str], *, can_ask: bool = False, with_key: bool = True
    ) -> dict[str, Any]:
        """The settings for `resolve_connection`, with all secrets read from their sources.

        Without `with_key` the API key is not read. Raises StashConfigurationError.
        """
        found, context = self._plain(), SourceContext(environ, self.folder, can_ask)
        if self.values.get("proxy"):
            found["proxy"] = read_secret(self.values["proxy"], f"proxy in {self.place}", context)
        key = self._api_key(context) if with_key else None
        return {**found, "api_key": key, "headers": self._headers(context)}

    def _plain(self) -> dict[str, Any]:
        """The settings that are not secrets."""
        self.check()
        found = {key: self.values[key] for key in ("timeout", "insecure", "read_only") if key in self.values}
        if "ca_cert" in self.values:
            found["ca_cert"] = str(self.folder / Path(self.values["ca_cert"]).expanduser())
        return found | ({"url": self.url} if self.values.get("url") else {})

    def _api_key(self, context: SourceContext) -> str | None:
        source = self.key_source
        if source is None:
            return None
        value, setting = self.values[source], f"{source} in {self.place}"
        if source == "api_key":
            return check_key(read_secret(value, setting, context), setting)
        if source == "api_key_file":
            return read_key(context.folder / Path(value).expanduser(), setting)
        if source == "keyring":
            return self._keyring_key(setting, context)
        if isinstance(value, dict):
            return check_key(read_secret(value, setting, context), setting)
        return check_key(run_command(value, setting), setting)

    def _keyring_key(self, setting: str, context: SourceContext) -> str:
        key = Keyring(self.url, setting, can_ask=context.can_ask).read()
        if key is None:
            raise StashConfigurationError(
                f"{setting}: the keyring has no key for this server.", hint=f"Run: stash login -P {self.name}"
            )
        return check_key(key, setting)

    def _headers(self, context: SourceContext) -> tuple[tuple[str, str], ...]:
        found = []
        for name, value in self.values.get("headers", {}).items():
            setting = self._check_header(name)
            found.append((name, check_key(read_secret(value, setting, context), setting, "value")))
        if self.values.get("basic_auth"):
            found.append(("Authorization", self._basic_auth(context)))
        return tuple(found)

    def _check_header(self, name: str) -> str:
        """The name of a header in messages. Raises StashConfigurationError for one that cannot be set."""
        setting = f"header {name} in {self.place}"
        if name.lower() in _OWN_HEADERS or not _HEADER.fullmatch(name):
            raise StashConfigurationError(f"{setting} cannot be set: it is not a header of your own.")
        return setting

    def _basic_auth(self, context: SourceContext) -> str:
        credentials, setting = self.values["basic_auth"], f"basic_auth in {self.place}"
        check_keys(credentials, {"username": str, "password": (str, dict)}, setting)
        if not credentials.get("username") or not credentials.get("password"):
            raise StashConfigurationError(f"{setting} needs username and password.")
        password = read_secret(credentials["password"], f"password of {setting}", context)
        import base64

        pair = f"{credentials['username']}:{password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def _checked_path_maps(table: Mapping[str, Any], place: str) -> Mapping[str, str]:
    if not all(isinstance(value, str) for value in table.values()):
        raise StashConfigurationError(f'{place}: a line is "path on the server" = "path here".')
    return table


def _alias(name: str, words: Any) -> list[str]:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise StashConfigurationError(
            f'settings.toml: alias {name} has to be a list of words: {name} = ["scenes", "find"].'
        )
    return words


def _defaults(
    table: Mapping[str, Any], command: tuple[str, ...]
) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """The flags of each command in nested tables: `[defaults.scenes.find]` or `[defaults."scenes find"]`."""
    flags = {key: value for key, value in table.items() if not isinstance(value, dict)}
    if flags and not command:
        raise StashConfigurationError(
            f"settings.toml: {next(iter(flags))} in [defaults] is for no command.",
            hint='Write it below the command: [defaults."scenes find"].',
        )
    found = [(command, flags)] if flags else []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _defaults(value, (*command, *key.split()))
    return found
