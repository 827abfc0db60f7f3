"""API keys in the system keyring, and errors without a usable one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import chainer, fail, null
from keyrings import HungKeyring, MemoryKeyring, RefusingKeyring

from stash_cli.core import key_sources
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.key_sources import Keyring
from stash_cli.core.profiles import Settings, connect

URL = "http://nas:9999/graphql"


@pytest.fixture(autouse=True)
def backend() -> Iterator[MemoryKeyring]:
    """Set the keyring of this test; restore the previous one afterwards."""
    before, mine = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def key_of(profile: dict[str, object]) -> str | None:
    return connect(Settings(Path("s.toml"), {"profiles": {"x": profile}}), {"profile": "x"}, {}).api_key


def test_key_is_read_for_the_url_of_the_profile(backend: MemoryKeyring) -> None:
    Keyring(URL, "keyring").write("k3y")
    assert backend.known == {("stash-cli", URL): "k3y"}
    assert key_of({"url": "nas:9999", "keyring": True}) == "k3y"
    with pytest.raises(StashConfigurationError, match="no key for this server") as caught:
        key_of({"url": "http://other", "keyring": True})
    assert caught.value.hint == "Run: stash login -P x"
    assert Keyring(URL, "keyring").delete()
    assert not Keyring(URL, "keyring").delete()
    assert not backend.known


@pytest.mark.parametrize("missing", [fail.Keyring, null.Keyring, chainer.ChainerBackend])
def test_backends_without_storage_count_as_none(missing: type) -> None:
    keyring.set_keyring(missing())
    with pytest.raises(StashConfigurationError, match="no keyring that can be used") as caught:
        key_of({"url": URL, "keyring": True})
    assert "api_key_command" in (caught.value.hint or "")


def test_failing_keyring_is_reported_without_its_message() -> None:
    keyring.set_keyring(RefusingKeyring())
    with pytest.raises(StashConfigurationError, match=r"the keyring refused \(RuntimeError\)"):
        key_of({"url": URL, "keyring": True})


def test_hanging_keyring_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sources, "KEYRING_TIMEOUT", 0.2)
    keyring.set_keyring(HungKeyring())
    with pytest.raises(StashConfigurationError, match=r"did not answer within 0.2 s"):
        key_of({"url": URL, "keyring": True})
    HungKeyring.event.set()


def test_missing_package_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(StashConfigurationError, match="package keyring is not installed") as caught:
        key_of({"url": URL, "keyring": True})
    assert "pip install 'stash-cli[keyring]'" in (caught.value.hint or "")


def test_fails_within_seconds_without_a_desktop(own_state: Path) -> None:
    """With an empty environment there is no D-Bus address."""
    folder = own_state / ".config" / "stash-cli"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text(
        'default = "x"\n[profiles.x]\nurl = "http://127.0.0.1:1"\nkeyring = true\n'
    )
    result = subprocess.run(
        [sys.executable, "-m", "stash_cli", "tags", "count"],
        env={"HOME": str(own_state), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert "no keyring that can be used" in result.stderr
