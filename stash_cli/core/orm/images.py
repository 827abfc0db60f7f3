"""Images as input values: files become data URIs, because the API takes a URL or a data URI."""

from __future__ import annotations

from base64 import b64encode
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.types.api import describe_api

FIELDS = ("cover_image", "image", "front_image", "back_image")


def image_fields(type_name: str) -> list[str]:
    """The input fields that give an object of this type its images."""
    update = describe_api().types.get(f"{type_name}UpdateInput")
    return [name for name in FIELDS if update is not None and name in update.fields]


def as_input(source: Any) -> Any:
    """The input value for a path, a URL or a data URI; "" and other values are returned as they are.

    Raises StashInputError for a file that cannot be read.
    """
    if not isinstance(source, str | Path) or source == "":
        return source
    if str(source).lower().startswith(("http://", "https://", "data:")):
        return str(source)
    path = Path(source).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StashInputError(f"The image {path} cannot be read: {error.strerror or error}.") from error
    kind = guess_type(path.name)[0] or "image/jpeg"
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"
