r"""JSON values as YAML in block style; written directly, because PyYAML's emitter is twenty times slower.

Text is unquoted only if every parser of YAML 1.1 or 1.2 reads it as text; all other text is in double quotes,
with the escapes of JSON, which are valid in YAML.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"(?:[^\W\d]|/)(?:[\w./,;'()&!?+@%=*~-]|[ :](?=[\w/'(&]))*")
"""Words and paths: letters of any script first, and neither `: ` nor ` #` inside."""
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
"""Words that some parsers read as a boolean or null, in any case."""
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Characters that JSON does not escape, but that are line breaks or not allowed in YAML."""
_LONGEST_KEY = 500
"""Maximum length of a simple key; YAML allows 1024 characters, and an escape takes several."""


def dump(value: Any) -> str:
    """Dump a JSON value as a YAML document, with a final line break.

    >>> print(dump({"id": "7", "tags": [{"name": "Sea"}, {"name": "no"}], "urls": []}), end="")
    id: "7"
    tags:
    - name: Sea
    - name: "no"
    urls: []
    """
    return _block(value, "") + "\n"


def _block(value: Any, pad: str) -> str:
    """Dump a value whose first line is already indented; `pad` is the indent of the others."""
    if value and isinstance(value, dict):
        return f"\n{pad}".join([f"{_key(str(name), pad)}{_after(item, pad)}" for name, item in value.items()])
    if value and isinstance(value, list):
        return f"\n{pad}".join([f"- {_block(item, pad + '  ')}" for item in value])
    return _scalar(value)


def _after(value: Any, pad: str) -> str:
    """Dump the value of a key, starting after the colon."""
    if value and isinstance(value, dict):
        return f"\n{pad}  {_block(value, pad + '  ')}"
    if value and isinstance(value, list):
        return f"\n{pad}{_block(value, pad)}"
    return f" {_scalar(value)}"


def _scalar(value: str | float | bool | Mapping[str, Any] | Sequence[Any] | None) -> str:
    """Dump a value on one line: text, a number, null, or an empty collection."""
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return _number(value)
    return str(value)  # a whole number, or a collection without items


def _number(value: float) -> str:
    """Dump a float, with a decimal point, because YAML 1.1 reads an exponent without one as text."""
    if math.isfinite(value):
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"


def _text(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted = encode_basestring(value)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


@lru_cache(maxsize=500)
def _key(name: str, pad: str) -> str:
    """Dump a key with its colon; a long key needs the `? key` form, with the colon on the next line."""
    text = _text(name)
    return f"{text}:" if len(text) <= _LONGEST_KEY else f"? {text}\n{pad}:"
