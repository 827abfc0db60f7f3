"""`scrape --interactive`: what is there and what was found, side by side, taken field by field."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.diff import parts
from stash_cli.core.scraping.choice import Choice, Outcome
from stash_cli.output import failures
from stash_cli.output.diff import STYLES
from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.verbs.scraping import Scraping
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.scraping.choice import Candidate
    from stash_cli.core.scraping.run import Scraped

HELP = """\
y    - take all fields that are shown
1,3  - take these fields only; -2 takes all but this one
n    - this is another one: take nothing, and do not offer it again
s    - leave it for now; --resume asks again
c    - choose another result, where there are several
a    - take this one and all that follow; several results stay a question
q    - leave this one and all that follow
?    - this help"""
_ASKED = (Outcome.TAKEN, Outcome.SEVERAL, Outcome.UNSURE)
"""Outcomes about which a person is asked."""
_WIDTH = 34
"""Characters of the column with what is there."""
_SHOWN = 9
"""Results that are listed."""


def apply_decision(each: Scraped, decision: Mapping[str, Any]) -> None:
    """Make a stored decision about an object true; {} leaves it as it is."""
    outcome = decision.get("outcome")
    if outcome == Outcome.TAKEN:
        chosen = [one for one in each.choice.candidates if one.key == decision["result"]]
        if chosen:
            each.choice = Choice(Outcome.TAKEN, tuple(chosen))
            each.edits = [edit for edit in each.edits if edit.field in decision["fields"]]
    elif outcome is not None:
        each.choice = replace(each.choice, outcome=Outcome(outcome))
        each.edits = []


async def review(scraping: Scraping, each: Scraped) -> None:
    """Ask about one object: its choice, edits and stored decision are what the person says."""
    if each.decision and each.decision.get("outcome") != Outcome.SKIPPED:
        await _load(scraping, each)
        apply_decision(each, each.decision)
        return
    if each.choice.outcome not in _ASKED or not each.choice.candidates:
        return
    if scraping.takes_all:
        if each.choice.taken is not None:
            _keep(scraping, each, each.edits)
        return
    await _ask(scraping, each)


async def _load(scraping: Scraping, each: Scraped) -> None:
    """Make the edits of the result that a person chose of several."""
    wanted = [one for one in each.choice.candidates if one.key == each.decision.get("result")]
    if each.choice.taken is None and wanted:
        each.edits = await scraping.run.edits(each.row, wanted[0])


async def _ask(scraping: Scraping, each: Scraped) -> None:
    candidate: Candidate | None = each.choice.candidates[0]
    if each.choice.outcome is not Outcome.TAKEN and len(each.choice.candidates) > 1:
        candidate = _choose(scraping, each)
    while candidate is not None:
        if candidate is not each.choice.taken:
            candidate = await scraping.run.detailed(candidate)
            await scraping.run.learn([candidate])
            each.edits = await scraping.run.edits(each.row, candidate)
            others = [one for one in each.choice.candidates if one.key != candidate.key]
            each.choice = Choice(Outcome.TAKEN, (candidate, *others))
        _show(scraping, each, candidate)
        word = _answer(scraping, each)
        if word != "c":
            _decide(scraping, each, word)
            return
        candidate = _choose(scraping, each)


def _answer(scraping: Scraping, each: Scraped) -> str:
    """A word that HELP explains."""
    streams = scraping.runtime.streams
    keys = "y,n,1-9,s,c,a,q,?" if len(each.choice.candidates) > 1 else "y,n,1-9,s,a,q,?"
    if not each.edits:
        keys = keys.replace("1-9,", "")
    question = f"take this for {scraping.noun.entity.noun} {each.id}? [{keys}]"
    while True:
        word = failures.answer(streams, question).strip().lower()
        if not word:  # as at `[y/N]`, and when the input has ended
            return "s"
        if word in keys.split(",") and word not in ("?", "1-9"):
            return word
        if _chosen(word, each.edits) is not None:
            return word
        for line in HELP.splitlines():
            streams.say(line)


def _chosen(word: str, edits: Sequence[Edit]) -> list[Edit] | None:
    """The edits of `1,3`, or all but those of `-2`; None for another word."""
    if not re.fullmatch(r"-?\d+(?:[\s,]+-?\d+)*", word):
        return None
    numbers = [int(text) for text in re.split(r"[\s,]+", word)]
    if any(not 1 <= abs(number) <= len(edits) for number in numbers):
        return None
    left = {-number for number in numbers if number < 0}
    if left:
        return [edit for number, edit in enumerate(edits, 1) if number not in left]
    return [edits[number - 1] for number in dict.fromkeys(numbers)]


def _decide(scraping: Scraping, each: Scraped, word: str) -> None:
    """Make an answer true, and keep it."""
    chosen = each.edits if word in ("y", "a") else _chosen(word, each.edits)
    if chosen is not None:
        scraping.takes_all = word == "a"
        _keep(scraping, each, chosen)
        return
    scraping.is_quit = word == "q"
    run = scraping.run
    outcome = Outcome.DECLINED if word == "n" else Outcome.SKIPPED
    if word == "n":
        keys = [one.key for one in each.choice.candidates[:1]]
        run.decisions.reject(run.planner.type, run.asker.source.key, each.id, keys)
    _leave(scraping, each, outcome)


def _leave(scraping: Scraping, each: Scraped, outcome: Outcome) -> None:
    run = scraping.run
    if run.number is not None:
        run.decisions.decide(run.number, each.id, {"outcome": outcome})
    each.choice = replace(each.choice, outcome=outcome, reason="")
    each.edits = []


def _keep(scraping: Scraping, each: Scraped, edits: Sequence[Edit]) -> None:
    """Take a result with these edits."""
    run, taken = scraping.run, each.choice.candidates[0]
    each.edits = list(edits)
    if run.number is not None:
        fields = [edit.field for edit in edits]
        run.decisions.keep(run.number, {each.id: [one.answer for one in each.choice.candidates]})
        decision = {"outcome": Outcome.TAKEN, "result": taken.key, "fields": fields}
        run.decisions.decide(run.number, each.id, decision)


def _choose(scraping: Scraping, each: Scraped) -> Candidate | None:
    """The result that a person means; None for none, which is then decided."""
    streams, many = scraping.runtime.streams, each.choice.candidates[:_SHOWN]
    _head(scraping, each)
    for number, one in enumerate(many, 1):
        streams.say(f"  {number}  {_told(one)}", wrap=False)
    while True:
        question = f"which one is {scraping.noun.entity.noun} {each.id}? [1-{len(many)},n,s,q]"
        word = failures.answer(streams, question).strip().lower()
        if word.isdecimal() and 1 <= int(word) <= len(many):
            return many[int(word) - 1]
        if word in ("n", "s", "q", ""):
            scraping.is_quit = word == "q"
            run = scraping.run
            if word == "n":
                keys = [one.key for one in each.choice.candidates]
                run.decisions.reject(run.planner.type, run.asker.source.key, each.id, keys)
            _leave(scraping, each, Outcome.DECLINED if word == "n" else Outcome.SKIPPED)
            return None
        streams.say("a number; n - none of them; s - leave it for now; q - leave all that follow")


def _head(scraping: Scraping, each: Scraped) -> None:
    entity, row = scraping.noun.entity, each.row
    files = row.get("files") or ()
    label = str(row.get(entity.label) or (files[0].get("basename") if files else "") or "")
    named = f' "{one_line(label)}"' if label else ""
    scraping.runtime.streams.say(f"{entity.noun} {each.id}{named}", wrap=False)


def _told(candidate: Candidate) -> str:
    """A result on one line, with the reasons to believe in it."""
    found = candidate.found
    date = str(found.values.get("date") or found.values.get("birthdate") or "")
    sure = "its id is known" if candidate.is_known else str(candidate.evidence or "")
    head = " ".join(filter(None, [f'"{one_line(found.label)}"', date]))
    return f"{head}: {sure}" if sure else head


def _show(scraping: Scraping, each: Scraped, candidate: Candidate) -> None:
    """Print what is there and what was found, a line for each field that would change."""
    streams, labels = scraping.runtime.streams, scraping.labels
    _head(scraping, each)
    streams.say(f"  {scraping.run.asker.source.name}: {_told(candidate)}", wrap=False)
    width = max([len(edit.field) for edit in each.edits], default=0)
    for number, edit in enumerate(each.edits, 1):
        split = [(part.text, part.kind) for part in parts(edit, labels)]
        streams.say_parts(
            [
                (f"  {number}  {edit.field:<{width}}  ", ""),
                *((text, STYLES.get(kind, "")) for text, kind in split),
            ]
        )
    changed = {edit.field for edit in each.edits}
    left = [
        attr
        for attr in candidate.found.fields
        if attr not in changed and scraping.run.planner.may_change(attr)
    ]
    if left:
        streams.say(f"  left as they are: {', '.join(left)}", wrap=False)
