"""Rules that choose the file to keep, applied one after the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stash_cli.core.duplicates.copies import Copy, File

    Value = Callable[[File, Copy], Any]

_VALUES: dict[str, tuple[Value, bool]] = {
    "resolution": (lambda file, _: file.pixels, True),
    "bitrate": (lambda file, _: file.bit_rate, True),
    "size": (lambda file, _: file.size, True),
    "smallest": (lambda file, _: file.size, False),
    "duration": (lambda file, _: file.duration, True),
    "framerate": (lambda file, _: file.frame_rate, True),
    "oldest": (lambda file, _: file.modified, False),
    "newest": (lambda file, _: file.modified, True),
}
"""Rule -> the compared value, and whether the largest is kept. 0 and "" count as unknown."""
METADATA, CODEC, PATH = "most-metadata", "codec", "path"
NAMES = (*_VALUES, f"{CODEC}:NAME", f"{PATH}:REGEX", METADATA)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, and the word after the colon."""

    name: str
    word: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.word}" if self.word else self.name

    def best(self, files: Sequence[File], copies: Mapping[str, Copy]) -> list[File]:
        """Return the best files by this rule; all of them if it cannot distinguish them.

        Raises UnknownValueError if the value of only some files is unknown.
        """
        values = [self._value(file, copies[file.owner]) for file in files]
        known = [value for value in values if value is not None]
        if len(set(values)) == 1:
            return list(files)
        if len(known) < len(files):
            raise UnknownValueError(self, files, files[values.index(None)])
        best_value = max(known) if self._keeps_largest else min(known)
        return [file for file, value in zip(files, values, strict=True) if value == best_value]

    @property
    def _keeps_largest(self) -> bool:
        return self.name not in _VALUES or _VALUES[self.name][1]

    def _value(self, file: File, copy: Copy) -> Any:
        """The compared value; None if it is unknown."""
        if self.name == METADATA:
            return copy.richness
        if self.name == CODEC:
            return file.codec.casefold() == self.word.casefold() if file.codec else None
        if self.name == PATH:
            return re.search(self.word, file.path) is not None
        return _VALUES[self.name][0](file, copy) or None


class UnknownValueError(Exception):
    """A rule compares `files` by a value that is unknown for some of them."""

    def __init__(self, rule: Rule, files: Sequence[File], unknown: File) -> None:
        super().__init__(f"{rule} of {unknown.path or f'file {unknown.id}'} is not known")
        self.files = list(files)


def parse_rules(texts: Iterable[str]) -> tuple[Rule, ...]:
    """Parse the rules of `--keep`: names separated by commas; a text with `path:` is a single rule.

    Raises StashUsageError.
    """
    words = (word for text in texts for word in ([text] if text.startswith(f"{PATH}:") else text.split(",")))
    rules = tuple(map(_parse_rule, words))
    if not rules:
        raise StashUsageError(f"--keep needs a rule: {', '.join(NAMES)}")
    return rules


def _parse_rule(text: str) -> Rule:
    name, colon, word = text.strip().partition(":")
    if name in (CODEC, PATH):
        if not word:
            raise StashUsageError(
                f"--keep {name} needs a word: {name}:{'hevc' if name == CODEC else 'REGEX'}"
            )
        return Rule(name, _check_regex(word) if name == PATH else word)
    if colon or (name not in _VALUES and name != METADATA):
        suggestion = did_you_mean(name, [*_VALUES, METADATA, CODEC, PATH])
        hint = f"Rules: {', '.join(NAMES)}."
        raise StashUsageError(f"--keep: there is no rule {text.strip()!r}. {suggestion}".rstrip(), hint=hint)
    return Rule(name)


def _check_regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise StashUsageError(f"--keep path:{pattern}: {error}") from None
    return pattern


def choose(rules: Sequence[Rule], files: Sequence[File], copies: Mapping[str, Copy]) -> list[File]:
    """Apply all rules; return one file, or several that are equal by every rule.

    Raises UnknownValueError.
    """
    remaining = list(files)
    for rule in rules:
        if len(remaining) > 1:
            remaining = rule.best(remaining, copies)
    return remaining
