"""Sources of secrets: text, a file, a command, a variable of the environment, the system's keyring.

Errors name the setting and never the secret.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashConfigurationError, did_you_mean
from stash_cli.core.texts import ENCODINGS, decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMAND_TIMEOUT = 30.0
"""Seconds for a command that prints a secret; a person may have to unlock a password store."""
KEYRING_TIMEOUT = 3.0
"""Seconds for the keyring's import, and for its answer where nobody can unlock it."""
UNLOCK_TIMEOUT = 60.0
"""Seconds for a person to unlock the keyring."""
SERVICE = "stash-cli"
"""The name of this program's entries in the keyring; their user name is the URL of the server."""
_LONGEST = 8192
"""Bytes of a key including the line break; servers accept no longer headers."""
_MAX_STDERR = 300
"""Characters of a command's stderr in a message."""
_FORMS = ("command", "file", "env")
_MISSING_BACKENDS = ("keyring.backends.fail", "keyring.backends.null", "keyring.backends.chainer")
_INSTEAD = "Use api_key_command or api_key_file instead; services of systemd have LoadCredential=."


def check_key(key: str, setting: str, what: str = "API key") -> str:
    """`key` if an HTTP header can carry it; `setting` is its source, for the message.

    Raises StashConfigurationError, which never quotes the key.
    """
    if not key:
        raise StashConfigurationError(f"{setting} holds no {what}.")
    if len(key) > _LONGEST:
        raise StashConfigurationError(f"{setting} is no {what}: it has more than {_LONGEST} characters.")
    if not (key.isascii() and key.isprintable()):
        raise StashConfigurationError(
            f"{setting} is no {what}: it holds line breaks, control characters or letters beyond ASCII.",
            hint="Copy the key again from the server's Settings > Security." if what == "API key" else None,
        )
    return key


def read_key(path: str | Path, setting: str) -> str:
    """The key in a file of UTF-8, or UTF-16 with a byte order mark, without surrounding white space.

    Raises StashConfigurationError with `setting` and the path, and never the content.
    """
    place = f"{setting} ({path})"
    try:
        with Path(path).expanduser().open("rb") as file:
            # Little more than a key in UTF-16: a wrong path may lead to a file of any size, or to a device.
            data = file.read(2 * _LONGEST + 4)
    except OSError as error:
        raise StashConfigurationError(f"{place} cannot be read: {error.strerror}.") from None
    except (RuntimeError, ValueError):  # an unknown home folder, a NUL in the name
        raise StashConfigurationError(f"{place} is not the path of a file.") from None
    return check_key(_text(data, place).strip(), place)


def _text(data: bytes, place: str) -> str:
    try:
        return decode_text(data)
    except UnicodeDecodeError:  # its message quotes what could not be read
        raise StashConfigurationError(
            f"{place} is not text in {ENCODINGS}.", hint="Save it as UTF-8."
        ) from None


class SourceContext(NamedTuple):
    """The context of secret sources: variables, the folder of relative paths, whether a person can answer."""

    environ: Mapping[str, str]
    folder: Path = Path()
    can_ask: bool = False


def read_secret(value: Any, setting: str, context: SourceContext) -> str:
    """The secret that a setting describes: text, or a table of one of `command`, `file` and `env`.

    Raises StashConfigurationError.
    """
    if isinstance(value, str):
        return value.strip()
    if not isinstance(value, dict) or not value:
        raise StashConfigurationError(f"{setting} is text, or a table of one of {', '.join(_FORMS)}.")
    form, source = next(iter(value.items()))
    allowed = {form, "shell"} if form == "command" else {form}
    if form not in _FORMS or set(value) - allowed:
        wrong = next(key for key in value if key not in _FORMS or key not in allowed)
        near = did_you_mean(wrong, [*_FORMS, "shell"])
        raise StashConfigurationError(
            f"{setting} has an unknown key {wrong}: it takes one of {', '.join(_FORMS)}. {near}".rstrip()
        )
    if form == "file":
        return read_key(context.folder / Path(str(source)).expanduser(), setting)
    if form == "command":
        return run_command(source, setting, shell=bool(value.get("shell")))
    return _variable(str(source), setting, context.environ)


def _variable(name: str, setting: str, environ: Mapping[str, str]) -> str:
    if not environ.get(name, "").strip():
        raise StashConfigurationError(f"{setting} is in the variable {name}, which is not set.")
    return environ[name].strip()


def run_command(
    command: object, setting: str, *, shell: bool = False, timeout: float = COMMAND_TIMEOUT
) -> str:
    """The standard output of a command, without white space around it.

    `command` is a text of words, or a list of them; a shell runs it only with `shell`. Raises
    StashConfigurationError, with the command's stderr, when it fails, prints several lines or takes more than
    `timeout` seconds.
    """
    import subprocess

    words = _words(command, setting, shell=shell)
    try:
        # Without its own stdin the command would read the ids that are piped to this program.
        done = subprocess.run(  # noqa: S603 - the user's own command, of a file that is the user's alone
            words, shell=shell, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        stderr = _as_suffix(error.stderr or b"")
        raise StashConfigurationError(f"{setting} did not end within {timeout:g} s{stderr}.") from None
    except (OSError, ValueError) as error:  # a NUL in a word
        reason = getattr(error, "strerror", None) or "it is no command"
        raise StashConfigurationError(f"{setting} cannot be run: {reason}.") from None
    if done.returncode:
        raise StashConfigurationError(
            f"{setting} ended with status {done.returncode}{_as_suffix(done.stderr)}."
        )
    text = _text(done.stdout, f"What {setting} printed").strip()
    if not text:
        raise StashConfigurationError(f"{setting} printed nothing{_as_suffix(done.stderr)}.")
    if "\n" in text:
        raise StashConfigurationError(
            f"{setting} printed {text.count(chr(10)) + 1} lines: it has to print one."
        )
    return text


def _words(command: object, setting: str, *, shell: bool) -> str | list[str]:
    if shell and isinstance(command, str):
        return command
    import shlex

    try:
        words = shlex.split(command) if isinstance(command, str) else command
    except ValueError as error:
        raise StashConfigurationError(f"{setting} cannot be read: {str(error).lower()}.") from None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words) or shell:
        raise StashConfigurationError(f"{setting} is the words of a command, as text or as a list.")
    return [str(Path(words[0]).expanduser()) if words[0].startswith("~") else words[0], *words[1:]]


def _as_suffix(stderr: bytes) -> str:
    """The standard error of a command, on one line, as the end of a sentence."""
    text = " ".join(stderr.decode("utf-8", "replace").split())
    return f": {text[:_MAX_STDERR].rstrip('.')}" if text else ""


class Keyring:
    """The entry of one server in the system's keyring.

    The package is imported in a thread with a time limit, because its import and its backends may hang where
    no desktop runs. Raises StashConfigurationError; it never falls back to another place.
    """

    def __init__(self, url: str, setting: str, *, can_ask: bool = False) -> None:
        self._url = url
        self._setting = setting
        self._timeout = UNLOCK_TIMEOUT if can_ask else KEYRING_TIMEOUT

    def read(self) -> str | None:
        """The key, or None without an entry."""
        found = self._call("get_password")
        return None if found is None else str(found)

    def write(self, key: str) -> None:
        self._call("set_password", key)

    def delete(self) -> bool:
        """Remove the entry; returns whether there was one."""
        if self.read() is None:
            return False
        self._call("delete_password")
        return True

    def _call(self, name: str, *values: str) -> Any:
        backend = _within(KEYRING_TIMEOUT, self._backend, self._setting)
        call = getattr(backend, name)
        return _within(self._timeout, lambda: call(SERVICE, self._url, *values), self._setting)

    def _backend(self) -> Any:
        try:
            import keyring
        except ModuleNotFoundError:
            raise StashConfigurationError(
                f"{self._setting}: the package keyring is not installed.",
                hint="Run: pip install 'stash-cli[keyring]'",
            ) from None
        backend = keyring.get_keyring()
        if type(backend).__module__ in _MISSING_BACKENDS:
            raise StashConfigurationError(
                f"{self._setting}: this system has no keyring that can be used ({type(backend).__module__}).",
                hint=_INSTEAD,
            )
        return backend


def _within(seconds: float, work: Callable[[], Any], setting: str) -> Any:
    """Run `work` in a thread and return its result; the thread is abandoned after `seconds`."""
    import threading

    results: list[Any] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - a backend may raise anything; it is raised again below
            errors.append(error)

    thread = threading.Thread(target=run, name="stash-keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise _as_configuration_error(errors[0], setting)
    if not results:
        raise StashConfigurationError(
            f"{setting}: the keyring did not answer within {seconds:g} s.", hint=_INSTEAD
        )
    return results[0]


def _as_configuration_error(error: Exception, setting: str) -> StashConfigurationError:
    if isinstance(error, StashConfigurationError):
        return error
    # The message of the backend is left out, because it may quote the secret.
    return StashConfigurationError(f"{setting}: the keyring refused ({type(error).__name__}).", hint=_INSTEAD)
