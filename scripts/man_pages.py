"""Manual pages: of commands and topics, from the help that they print, and of the settings file."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
MAN = ROOT / "man"
EVERYWHERE = ("Output", "Global options")
"""Sections of every help, which only the page of `stash` has."""
SEE = r".SH SEE ALSO" + "\n" + r"\fBstash\fR(1), \fBstash\-query\fR(7), \fBstash\-exit\-status\fR(7)" + "\n"


ENVIRONMENT = (r"\fBstash\fR(1)", r"\fBstash\-environment\fR(7)")
"""The page that `stash` itself leads to, instead of to itself."""


def man_pages() -> Iterator[tuple[Path, str]]:
    """Path and text of all pages."""
    from stash_cli.app import root
    from stash_cli.commands.topics import TOPICS

    yield MAN / "man1" / "stash.1", root_page()
    for name, entry in root().entries.items():
        if not entry.alias_of:
            text = command([name], ".SH", entry.load(name))
            yield MAN / "man1" / f"stash-{name}.1", page(heading(f"stash-{name}", 1, entry.help), text)
    for topic in TOPICS:
        yield MAN / "man7" / f"stash-{topic}.7", topic_page(topic)
    yield MAN / "man5" / "stash-settings.5", settings_page()


def page(*parts: str) -> str:
    """A page of its parts; a paragraph that follows a heading needs no mark."""
    return re.sub(r"(^\.S[HS] .*\n)\.PP\n", r"\1", "".join([*parts, SEE]), flags=re.MULTILINE)


def root_page() -> str:
    """The page of `stash`: all commands, and the options that all of them take."""
    head = heading("stash", 1, "command line for Stash media servers")
    return page(head, body([], ".SH", lambda _: True)).replace(*ENVIRONMENT)


def command(path: list[str], macro: str, made: object) -> str:
    """A command; below a group each of its commands in a part of its own."""
    from stash_cli.commands.argv.command import LazyGroup

    found = [body(path, macro, lambda title: title not in EVERYWHERE)]
    for name, entry in made.entries.items() if isinstance(made, LazyGroup) else ():
        if not entry.alias_of:
            inner = [*path, name]
            found += [
                f".SH {roff(' '.join(['stash', *inner])).upper()}\n",
                command(inner, ".SS", entry.load(name)),
            ]
    return "".join(found)


def body(path: list[str], macro: str, wanted: Callable[[str], bool]) -> str:
    """Usage, paragraphs, then all other parts that are wanted, the examples first."""
    usage, parts = parsed(help_of(path))
    shown = [(title, lines) for title, lines in parts if wanted(title)]
    shown.sort(key=lambda each: bool(each[0]))
    text = f"\\fB{roff(usage)}\\fR\n"
    head = f".SH SYNOPSIS\n{text}.SH DESCRIPTION\n" if macro == ".SH" else text
    return head + "".join(part(macro, title, lines) for title, lines in shown)


def help_of(path: list[str]) -> str:
    from stash_cli.app import run
    from stash_cli.output.streams import fake_streams

    streams = fake_streams()
    run([*path, "--help"], streams, {})
    text: str = streams.out.getvalue()  # type: ignore[attr-defined]
    return text


def parsed(text: str) -> tuple[str, list[tuple[str, list[str]]]]:
    """The usage, and the parts of a help: a title and its lines; paragraphs have the title ""."""
    usage, *rest = text.rstrip().split("\n\n")
    parts = []
    for lines in (part.splitlines() for part in rest):
        first = next((at for at, line in enumerate(lines) if line.startswith("  ")), 0)
        # A title may have several lines, and a paragraph has none that are indented.
        title = " ".join(lines[:first]).removesuffix(":")
        if not first and lines[0].startswith("Global options: "):
            title = "Global options"
        parts.append((title, lines[first:]))
    return " ".join(usage.split()).removeprefix("Usage: "), parts


def part(macro: str, title: str, lines: list[str]) -> str:
    """A part of a help: a paragraph, lines as they are, or names with their texts."""
    if not title:
        return f".PP\n{filled(' '.join(lines))}\n"
    shown = roff(title.upper() if macro == ".SH" else title)
    text = verbatim(lines) if title == "Examples" else definitions(lines)
    return f"{macro} {shown}\n{text}"


def definitions(lines: list[str]) -> str:
    """Names with their texts; a text may go on in lines that are further indented."""
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("   ") and rows:
            rows[-1].append(line.strip())
        else:
            rows.append(re.split(r"  +", line.strip(), maxsplit=1))
    return "".join(f".TP\n\\fB{roff(name)}\\fR\n{filled(' '.join(text))}\n" for name, *text in rows)


def verbatim(lines: Iterable[str]) -> str:
    """Lines as they are."""
    text = "\n".join(roff(line.removeprefix("  ")) for line in lines)
    return f".PP\n.in +2n\n.nf\n{text}\n.fi\n.in\n"


def heading(name: str, section: int, about: str) -> str:
    """The head of a page, with the day of the newest release: pages are the same whenever they are made."""
    from stash_cli import __version__

    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    day = re.search(r"^## \[\d[^]]*\] - (\S+)", changes, re.MULTILINE)
    if day is None:
        raise ValueError("CHANGELOG.md names no release")
    facts = f'{roff(name).upper()} {section} {day[1]} "stash {__version__}"'
    return f".TH {facts}\n.SH NAME\n{roff(name)} \\- {roff(about)}\n"


def topic_page(topic: str) -> str:
    """A topic of `stash help`."""
    from stash_cli.app import run
    from stash_cli.output.streams import fake_streams

    streams = fake_streams()
    run(["help", topic], streams, {})
    text: str = streams.out.getvalue()  # type: ignore[attr-defined]
    parts = [
        verbatim(lines)
        if any(line.startswith("  ") for line in lines)
        else f".PP\n{filled(' '.join(lines))}\n"
        for lines in (each.strip("\n").splitlines() for each in text.strip().split("\n\n"))
    ]
    about = f"{topic.replace('-', ' ')} of the stash command line"
    return page(heading(f"stash-{topic}", 7, about), ".SH DESCRIPTION\n", *parts)


def settings_page() -> str:
    """The settings file, from the guide to connections."""
    guide = (ROOT / "docs" / "connections.md").read_text(encoding="utf-8")
    text = guide[guide.index("## The settings file") : guide.index("## From Python")]
    pieces = re.split(r"(^```.*?^```$)|\n\n", text, flags=re.MULTILINE | re.DOTALL)
    parts = (markdown(each.strip().splitlines()) for each in pieces if each and each.strip())
    return page(heading("stash-settings", 5, "settings file of the stash command line"), *parts)


def markdown(lines: list[str]) -> str:
    """A heading, a fenced block, a table, or a paragraph."""
    first = lines[0]
    if first.startswith("## "):
        rest = lines[1:]
        return f".SH {roff(first[3:]).upper()}\n" + (markdown(rest) if rest else "")
    if first.startswith("```"):
        return verbatim(lines[1:-1])
    if first.startswith("|"):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
        return "".join(
            f".TP\n\\fB{roff(plain(name))}\\fR\n{filled(plain(' '.join(text)))}\n" for name, *text in rows
        )
    return f".PP\n{filled(plain(' '.join(lines)))}\n"


def plain(text: str) -> str:
    """Text without the marks of Markdown."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("`", "")


def filled(text: str) -> str:
    """A text in short lines, which roff fills again; nothing is a mark of nothing."""
    lines = textwrap.wrap(text, 64, break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(roff, lines)) or r"\&"


def roff(text: str) -> str:
    """Text that roff prints as it is."""
    shown = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    shown = shown.replace("^", "\\(ha").replace("~", "\\(ti")
    return f"\\&{shown}" if shown.startswith((".", "\\(aq")) else shown
