"""The traceback file of a crash: private, and without secrets."""

from __future__ import annotations

from pathlib import Path

from stash_cli.app import run
from stash_cli.output.streams import fake_streams

TOLD = "cannot use hunter22, nor sesame-77, nor password: 'third-one'"


class FailingEnvironment(dict[str, str]):
    """An environment that raises an error containing a secret."""

    def get(self, *_: object) -> str:
        raise ValueError(TOLD)


def test_traceback_file_is_private_and_without_secrets(own_state: Path) -> None:
    args = ["api", "--operation", "configureGeneral", "-f", "input.password=hunter22"]
    for _ in range(2):  # the second time over a world-readable file
        assert run(args, fake_streams(), FailingEnvironment(STASH_API_KEY="sesame-77")) == 1
        [path] = own_state.rglob("last-error.txt")
        text = path.read_text(encoding="utf-8")
        assert "ValueError" in text
        assert not any(secret in text for secret in ("hunter22", "sesame-77", "third-one"))
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)
