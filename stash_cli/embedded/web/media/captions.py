"""Captions and chapters in the one form that browsers read: WebVTT."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPE = "text/vtt"
_HEADER = "WEBVTT"
_TIME = re.compile(r"(\d{2}:\d{2}:\d{2}),(\d{3})")
_CUE = "-->"


def as_vtt(content: bytes, kind: str) -> bytes:
    """A caption file as WebVTT; `kind` is "vtt" or "srt", which writes its times with a comma."""
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if kind == "srt":
        lines = (_TIME.sub(r"\1.\2", line) if _CUE in line else line for line in text.split("\n"))
        text = f"{_HEADER}\n\n" + "\n".join(lines)
    return text.encode()


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def chapters(marks: Iterable[tuple[float, float, str]]) -> bytes:
    """Chapters as WebVTT, from (start, end, text) in seconds."""
    cues = (
        f"{number}\n{_clock(start)} {_CUE} {_clock(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(marks, 1)
    )
    return "\n".join([f"{_HEADER}\n", *cues]).encode()


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(max(seconds, 0) * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}.{thousandths:03}"
