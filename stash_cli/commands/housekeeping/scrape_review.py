"""`scrape --interactive`: current and scraped values side by side, confirmed field by field."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stash_cli.core.edits.diff import value_text
from stash_cli.core.orm.edit import Change
from stash_cli.core.scraping.choice import Choice, Outcome
from stash_cli.core.scraping.covers import data_of, size_of
from stash_cli.core.unset import UNSET
from stash_cli.output import failures
from stash_cli.output.diff import STYLES
from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.housekeeping.scraping import Scraping
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.scraping.choice import Candidate
    from stash_cli.core.scraping.run import ScrapeOutcome

HELP = """\
y    - take the fields that have no brackets around their numbers
1,3  - take these fields, which replaces what is there; -2 takes all of y but this one
n    - this is another one: take nothing, and do not offer it again
s    - leave it for now; --resume asks again
c    - choose another result, where there are several
a    - take this one and all that follow; several results stay a question
q    - leave this one and all that follow
?    - this help"""
_REVIEWED = (Outcome.TAKEN, Outcome.SEVERAL, Outcome.UNSURE)
"""Outcomes that are reviewed."""
_MIN_WIDTH = 18
"""Minimum width of a column of values."""
_MAX_LISTED = 9
"""Maximum number of listed results."""


async def restore(scraping: Scraping, each: ScrapeOutcome) -> None:
    """Apply the stored decision about an object."""
    outcome = each.decision.get("outcome")
    if outcome == Outcome.TAKEN:
        chosen = [
            candidate for candidate in each.choice.candidates if candidate.key == each.decision["result"]
        ]
        if chosen:
            each.choice = Choice(Outcome.TAKEN, tuple(chosen))
            edits = await scraping.run.all_edits(each.row, chosen[0])
            each.edits = [edit for edit in edits if edit.field in each.decision["fields"]]
    elif outcome is not None:
        each.choice = replace(each.choice, outcome=Outcome(outcome))
        each.edits = []


async def review(scraping: Scraping, each: ScrapeOutcome) -> None:
    """Ask about one object; apply and store the user's decision."""
    if each.decision and each.decision.get("outcome") != Outcome.SKIPPED:
        await restore(scraping, each)
        return
    if each.choice.outcome not in _REVIEWED or not each.choice.candidates:
        return
    if scraping.takes_all:
        if each.choice.match is not None:
            _accept(scraping, each, each.edits)
        return
    await _ask(scraping, each)


async def _ask(scraping: Scraping, each: ScrapeOutcome) -> None:
    """Show the results one after the other, until the user accepts or declines one."""
    candidate: Candidate | None = each.choice.candidates[0]
    if each.choice.outcome is not Outcome.TAKEN and len(each.choice.candidates) > 1:
        candidate = _choose(scraping, each)
    while candidate is not None:
        if candidate is not each.choice.match:
            candidate = await scraping.run.detailed(candidate)
            await scraping.run.resolve_names([candidate])
            each.edits = await scraping.run.edits(each.row, candidate)
            others = [other for other in each.choice.candidates if other.key != candidate.key]
            each.choice = Choice(Outcome.TAKEN, (candidate, *others))
        offer = _Offer(each.edits, await scraping.run.all_edits(each.row, candidate))
        _show(scraping, each, candidate, offer)
        word = _answer(scraping, each, offer)
        if word != "c":
            _apply_answer(scraping, each, word, offer)
            return
        candidate = _choose(scraping, each)


@dataclass(frozen=True, slots=True)
class _Offer:
    """The edits of a result: the default ones, and all that may be chosen, in order."""

    usual: Sequence[Edit]
    all: Sequence[Edit]

    def is_usual(self, edit: Edit) -> bool:
        return any(each.field == edit.field for each in self.usual)

    def chosen(self, word: str) -> list[Edit] | None:
        """The edits of `y`, `a`, `1,3` or `-2`; None for another word."""
        if word in ("y", "a"):
            return list(self.usual)
        if not re.fullmatch(r"-?\d+(?:[\s,]+-?\d+)*", word):
            return None
        numbers = [int(text) for text in re.split(r"[\s,]+", word)]
        if any(not 1 <= abs(number) <= len(self.all) for number in numbers):
            return None
        excluded = {self.all[-number - 1].field for number in numbers if number < 0}
        if excluded:
            return [edit for edit in self.usual if edit.field not in excluded]
        return [self.all[number - 1] for number in dict.fromkeys(numbers)]


def _answer(scraping: Scraping, each: ScrapeOutcome, offer: _Offer) -> str:
    """Ask for an answer, one of those in HELP."""
    streams = scraping.runtime.streams
    choose_key = ["c"] if len(each.choice.candidates) > 1 else []
    keys = ["y", *(["1,3"] if offer.all else []), "n", "s", *choose_key, "a", "q", "?"]
    question = f"take this for {scraping.noun.entity.noun} {each.id}? [{' '.join(keys)}]"
    while True:
        word = failures.answer(streams, question).strip().lower()
        if not word:  # an empty line, or the end of input
            return "s"
        if (word in keys and word != "?") or offer.chosen(word) is not None:
            return word
        for line in HELP.splitlines():
            streams.say(line)


def _apply_answer(scraping: Scraping, each: ScrapeOutcome, word: str, offer: _Offer) -> None:
    """Apply and store an answer."""
    chosen = offer.chosen(word)
    if chosen is not None:
        scraping.takes_all = word == "a"
        _accept(scraping, each, chosen)
        return
    scraping.is_quit = word == "q"
    run = scraping.run
    outcome = Outcome.DECLINED if word == "n" else Outcome.SKIPPED
    if word == "n":
        keys = [candidate.key for candidate in each.choice.candidates[:1]]
        run.decisions.reject(run.planner.type, run.client.source.key, each.id, keys)
    _set_aside(scraping, each, outcome)


def _set_aside(scraping: Scraping, each: ScrapeOutcome, outcome: Outcome) -> None:
    """Store that an object was declined or skipped, and drop its edits."""
    run = scraping.run
    if run.number is not None:
        run.decisions.decide(run.number, each.id, {"outcome": outcome})
    each.choice = replace(each.choice, outcome=outcome, reason="")
    each.edits = []


def _accept(scraping: Scraping, each: ScrapeOutcome, edits: Sequence[Edit]) -> None:
    """Accept a result with these edits."""
    run, taken = scraping.run, each.choice.candidates[0]
    each.edits = list(edits)
    if run.number is not None:
        fields = [edit.field for edit in edits]
        run.decisions.save(run.number, {each.id: [candidate.answer for candidate in each.choice.candidates]})
        decision = {"outcome": Outcome.TAKEN, "result": taken.key, "fields": fields}
        run.decisions.decide(run.number, each.id, decision)


def _choose(scraping: Scraping, each: ScrapeOutcome) -> Candidate | None:
    """Ask which result matches; None if none does, which is stored as the decision."""
    streams, listed = scraping.runtime.streams, each.choice.candidates[:_MAX_LISTED]
    _show_label(scraping, each)
    for number, candidate in enumerate(listed, 1):
        streams.say(f"  {number}  {_summary(candidate)}", wrap=False)
    while True:
        question = f"which one is {scraping.noun.entity.noun} {each.id}? [1-{len(listed)},n,s,q]"
        word = failures.answer(streams, question).strip().lower()
        if word.isdecimal() and 1 <= int(word) <= len(listed):
            return listed[int(word) - 1]
        if word in ("n", "s", "q", ""):
            scraping.is_quit = word == "q"
            run = scraping.run
            if word == "n":
                keys = [candidate.key for candidate in each.choice.candidates]
                run.decisions.reject(run.planner.type, run.client.source.key, each.id, keys)
            _set_aside(scraping, each, Outcome.DECLINED if word == "n" else Outcome.SKIPPED)
            return None
        streams.say("a number; n - none of them; s - leave it for now; q - leave all that follow")


def _show_label(scraping: Scraping, each: ScrapeOutcome) -> None:
    """Print the noun, id and label of an object."""
    entity, row = scraping.noun.entity, each.row
    files = row.get("files") or ()
    label = str(row.get(entity.label) or (files[0].get("basename") if files else "") or "")
    quoted = f' "{one_line(label)}"' if label else ""
    scraping.runtime.streams.say(f"{entity.noun} {each.id}{quoted}", wrap=False)


def _summary(candidate: Candidate) -> str:
    """A result on one line, with its evidence."""
    found = candidate.found
    date = str(found.values.get("date") or found.values.get("birthdate") or "")
    evidence = "its id is known" if candidate.is_known else str(candidate.evidence or "")
    head = " ".join(filter(None, [f'"{one_line(found.label)}"', date]))
    return f"{head}: {evidence}" if evidence else head


def _show(scraping: Scraping, each: ScrapeOutcome, candidate: Candidate, offer: _Offer) -> None:
    """Print current and scraped values side by side, a line for each field that may change."""
    streams = scraping.runtime.streams
    _show_label(scraping, each)
    streams.say(f"  {scraping.run.client.source.name}: {_summary(candidate)}", wrap=False)
    names = max([len(edit.field) for edit in offer.all], default=0)
    width = max(_MIN_WIDTH, (streams.width - names - len("  [10]    ")) // 2)
    for number, edit in enumerate(offer.all, 1):
        mark = f"{number:>3} " if offer.is_usual(edit) else f"[{number:>2}]"
        current, new = (_shorten(text, width) for text in _values(scraping, edit))
        first = (f"  {mark} {edit.field:<{names}}  ", "")
        streams.say_parts([first, (f"{current:<{width}}  ", STYLES["removed"]), (new, STYLES["added"])])
    if not offer.all:
        streams.say("  it has nothing new", wrap=False)


def _values(scraping: Scraping, edit: Edit) -> tuple[str, str]:
    """The current and the new value of a field."""
    labels = scraping.labels
    if edit.before is UNSET:  # a picture, whose current value is not downloaded
        size = size_of(data_of(edit.after) or b"")
        return "", f"a picture of {size}" if size else "a picture"
    current = value_text(edit, edit.before, labels)
    if isinstance(edit.after, Change):
        return current, "+ " + value_text(edit, edit.after.added, labels)
    if isinstance(edit.after, list):
        added = [item for item in edit.after if item not in (edit.before or ())]
        return current, "+ " + value_text(edit, added, labels)
    return current, value_text(edit, edit.after, labels)


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
