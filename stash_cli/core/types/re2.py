"""Regular expressions in the server's dialect (RE2), translated to Python's."""

from __future__ import annotations

import re
from functools import lru_cache

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
# RE2's classes know ASCII only, but (?i) folds every letter: so no re.ASCII, but explicit classes.
_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_TOKEN = re.compile(
    r"""\\Q(?P<quoted>.*?)(?:\\E|$)
      | \\x\{(?P<hex>[0-9A-Fa-f]+)\}
      | \\(?P<escaped>.)
      | \(\?(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<scope>[:)])
      | (?P<look>\(\?(?:[=!>\#(]|<[=!]|P[=>]))
      | \(\?P?<(?P<name>\w+)>
      | \[:(?P<not>\^?)(?P<posix>\w+):\]
      | (?P<char>.)""",
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The Python pattern that matches what RE2 `pattern` matches; re.error where RE2 has no such pattern."""
    try:
        return re.compile(_Translation(pattern).run())
    except OverflowError as failure:
        raise re.error(str(failure)) from failure


@lru_cache(maxsize=32)
def _complement(members: str) -> str:
    """What is not among `members` (which are all ASCII), for use inside brackets."""
    inside = re.compile(f"[{members}]")
    others = (code for code in range(128) if not inside.match(chr(code)))
    return "".join(f"\\x{code:02x}" for code in others) + "\\x80-\\U0010ffff"


class _Translation:
    """One walk over a pattern; `_scopes` holds, per open group, the flag groups opened inside it.

    RE2's `(?i)` holds to the end of the group around it, Python only takes it as a group of its own.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._out: list[str] = []
        self._scopes: list[list[str]] = [[]]
        self._class_at: int | None = None
        self._multiline = False

    def run(self) -> str:
        for token in _TOKEN.finditer(self._pattern):
            self._take(token)
        return "".join(self._out) + self._close()

    def _take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup or ""
        if self._class_at is not None and kind in ("scope", "look", "name"):
            self._out.append(re.escape(token[0]))
        elif kind == "quoted":
            self._out.append(re.escape(token["quoted"]))
        elif kind == "hex":
            self._out.append(re.escape(chr(int(token["hex"], 16))))
        elif kind == "scope":
            self._flags(token["flags"], token["scope"])
        elif kind == "posix":
            self._posix(token["posix"], negated=bool(token["not"]))
        elif kind == "look":
            raise re.error(f"invalid or unsupported Perl syntax: `{token['look']}`")
        else:
            getattr(self, f"_{kind}")(token[kind])

    def _escaped(self, letter: str) -> None:
        inside = self._class_at is not None
        if letter.isdigit() and letter != "0":
            raise re.error(f"invalid escape sequence: `\\{letter}`")
        if letter.lower() in _CLASSES:
            text = _CLASSES[letter.lower()]
            text = text if letter.islower() else _complement(text)
            self._out.append(text if inside else f"[{text}]")
        elif letter == "z":
            self._out.append(r"\Z")
        elif letter in "bB" and not inside:
            self._out.append(rf"(?a:\{letter})")
        else:
            self._out.append("\\" + letter)

    def _name(self, name: str) -> None:
        self._scopes.append([])
        self._out.append(f"(?P<{name}>")

    def _posix(self, name: str, *, negated: bool) -> None:
        if self._class_at is None:
            self._out.append(rf"[:{name}\:]")
            return
        if name not in _POSIX:
            raise re.error(f"invalid character class range: `[:{name}:]`")
        self._out.append(_complement(_POSIX[name]) if negated else _POSIX[name])

    def _flags(self, flags: str, scope: str) -> None:
        known = flags.replace("U", "")
        self._multiline = self._multiline or "m" in known.partition("-")[0]
        opening = f"(?{known}:" if known.strip("-") else "(?:"
        self._out.append(opening)
        if scope == ":":
            self._scopes.append([])
        else:
            self._scopes[-1].append(opening)

    def _close(self) -> str:
        return ")" * len(self._scopes[-1])

    def _char(self, char: str) -> None:
        if self._class_at is not None:
            self._in_class(char)
        elif char == "[":
            self._class_at = len(self._out)
            self._out.append(char)
        elif char == "(":
            self._scopes.append([])
            self._out.append(char)
        elif char == "|":
            self._out.append(f"{self._close()}|{''.join(self._scopes[-1])}")
        elif char == ")":
            self._out.append(self._close() + char)
            self._scopes[1:] = self._scopes[1:-1]
        elif char == "$" and not self._multiline:
            self._out.append(r"\Z")
        else:
            self._out.append(char)

    def _in_class(self, char: str) -> None:
        start = self._class_at or 0
        first = all(part == "^" for part in self._out[start + 1 :])
        if char == "]" and not first:
            self._class_at = None
            self._out.append(char)
        else:
            self._out.append(char if char in "^-" else re.escape(char))
