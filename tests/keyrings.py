"""Backends of the keyring package for tests."""

from __future__ import annotations

from threading import Event

import keyring.backend


class MemoryKeyring(keyring.backend.KeyringBackend):
    """Keeps passwords in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.known.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.known[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.known[service, username]


class RefusingKeyring(MemoryKeyring):
    """Raises on reading, like a locked keyring."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError(f"locked: {service} {username}")


class HungKeyring(MemoryKeyring):
    """Blocks until `event` is set, like one that waits for a desktop prompt."""

    event = Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.event.wait(30)
        return None
