"""Pictures for what has none of its own: a plain drawing for each kind of object."""

from __future__ import annotations

_TALL, _WIDE = (60, 90), (120, 68)
_DRAWINGS = {
    "performer": (_TALL, '<circle cx="30" cy="32" r="13"/><path d="M8 82c2-24 12-31 22-31s20 7 22 31z"/>'),
    "group": (_TALL, '<path d="M12 20h36v50H12zM12 28h36M12 62h36"/>'),
    "studio": (_WIDE, '<path d="M36 54V22h20l6 8h22v24zM44 40h32"/>'),
    "tag": (_WIDE, '<path d="M36 20h22l26 20-16 16-26-20zM46 29v0"/>'),
    "scene": (_WIDE, '<path d="M48 18v32l28-16z"/>'),
    "image": (_WIDE, '<path d="M24 54l22-28 14 16 10-10 26 22z"/><circle cx="82" cy="20" r="6"/>'),
    "gallery": (_WIDE, '<path d="M30 22h50v34H30zM38 22v-8h50v34h-8"/>'),
}


def placeholder(kind: str) -> bytes:
    """An SVG document; `kind` is "performer", "studio", "tag", "group", "scene", "image" or "gallery"."""
    (width, height), drawing = _DRAWINGS[kind]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="#456"/>'
        f'<g fill="none" stroke="#def" stroke-width="3" stroke-linecap="round">{drawing}</g></svg>'
    ).encode()
