"""Regular expressions of inputs, refused as the server refuses them."""

from __future__ import annotations

import re

from stash_cli.core.types import re2
from stash_cli.embedded.errors import Refused


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The Python pattern that matches what RE2 `pattern` matches."""
    try:
        return re2.compile_pattern(pattern)
    except re.error as failure:
        raise Refused(f"error parsing regexp: {failure}: `{pattern}`") from failure
