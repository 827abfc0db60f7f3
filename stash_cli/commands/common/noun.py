"""Nouns, which modules such as `scenes.py` declare, and the verbs that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.commands.argv.command import Entry, LazyGroup
from stash_cli.core.types.entities import ENTITIES, Entity
from stash_cli.output.values import Column, View

if TYPE_CHECKING:
    from stash_cli.core.capabilities import ServerCapabilities


class Verb(NamedTuple):
    """A command of a noun.

    `target` names the function that builds it from the noun and the examples (`module:function` below
    `commands`). In `help` and `examples`, {noun}, {plural} and {label} stand for the noun's words.
    """

    name: str
    help: str
    target: str
    examples: tuple[str, ...] = ()
    arguments: tuple[Any, ...] = ()
    """Further arguments of the function."""


class Noun(NamedTuple):
    """A kind of object on the command line: its columns, its file paths and its verbs."""

    entity: Entity
    columns: tuple[Column, ...]
    verbs: tuple[Verb, ...]
    files: tuple[str, ...] = ()

    @property
    def view(self) -> View:
        return View(self.entity.type, self.columns, self.files)

    def name_paths(self, server: ServerCapabilities) -> list[str]:
        """The fields that `name_of` reads: the title, and the files of objects without one."""
        files = [path for path in self.files if server.has_path(self.entity.type, path.partition(".")[0])]
        return [self.entity.label, *(path for path in files if path.count(".") == 1)]

    def group(self) -> LazyGroup:
        """The group of commands: `stash scenes`."""
        plural = self.entity.plural
        # A scan creates files and folders: they have no update mutations and no pages.
        verbs = (*self.verbs, *_OF_ENTITIES) if self.entity.type in ENTITIES else self.verbs
        return LazyGroup(plural, {verb.name: self._entry(verb) for verb in verbs}, f"Work with {plural}.")

    def _entry(self, verb: Verb) -> Entry:
        words = {"noun": self.entity.noun, "plural": self.entity.plural, "label": self.entity.label}
        examples = tuple(example.format(**words) for example in verb.examples)
        target = f"stash_cli.commands.{verb.target}"
        return Entry(verb.help.format(**words), target, arguments=(self, examples, *verb.arguments))


class Verbs:
    """The verbs that nouns share, each with its usual examples."""

    @staticmethod
    def find(*examples: str) -> Verb:
        text = "Find {plural}: free text and one flag per filter field"
        return Verb("find", text, "verbs.find:build_find", examples)

    @staticmethod
    def show() -> Verb:
        examples = (
            "stash {noun} show 12",
            "stash {noun} show 12 --json --fields id,{label}",
            "stash {noun} show --where created:today..",
        )
        return Verb("show", "Show one {noun} by id or name", "verbs.show:build", examples)

    @staticmethod
    def count() -> Verb:
        examples = ("stash {plural} count", "stash {plural} count --created-at-gt -7d")
        return Verb("count", "Count {plural}, with the flags of find", "verbs.find:build_count", examples)

    @staticmethod
    def stats() -> Verb:
        examples = ("stash {plural} stats", "stash {plural} stats --by tag --limit 20")
        return Verb(
            "stats", "Count {plural}, in all or by the values of a field", "verbs.stats:build", examples
        )

    @staticmethod
    def open_page() -> Verb:
        examples = ("stash {noun} open 12", "stash {noun} open 12 --print")
        return Verb("open", "Open its page of the web interface in the browser", "open:build_verb", examples)

    @staticmethod
    def create(*examples: str) -> Verb:
        usual = (
            "stash {noun} create --name Alice --json",
            "stash {noun} create --name Alice --if-missing --ids",
            """echo '{{"name": "Alice"}}' | stash {noun} create --input -""",
        )
        return Verb("create", "Create a {noun}", "verbs.create:build", examples or usual)

    @staticmethod
    def update(*examples: str) -> Verb:
        usual = (
            "stash {noun} update 7 --{label} 'New {label}'",
            "stash {plural} update 7 8 --dry-run --{label} Same",
        )
        return Verb("update", "Change {plural} by id or name", "verbs.update:build", examples or usual)

    @staticmethod
    def delete() -> Verb:
        examples = ("stash {noun} delete 12", "stash {plural} delete 12 13 --yes")
        return Verb("delete", "Delete {plural} by id or name", "verbs.delete:build", examples)

    @staticmethod
    def merge() -> Verb:
        examples = (
            "stash {plural} merge 12 13 --into 7 --dry-run",
            "stash {plural} merge 12 --into 7 --take {label}=12",
            "stash {plural} merge --where '{label}:Beach' --into 7",
        )
        return Verb("merge", "Merge {plural} into another one", "verbs.merge:build", examples)

    @staticmethod
    def scrape(*examples: str) -> Verb:
        usual = (
            "stash {plural} scrape 12 --with SCRAPER --dry-run",
            "stash {plural} scrape --all --by-url",
        )
        text = "Fill in {plural} from a scraper or stash-box"
        return Verb("scrape", text, "housekeeping.scrape:build", examples or usual)

    @staticmethod
    def rename(*examples: str) -> Verb:
        return Verb(
            "rename",
            "Rename and move the files of {plural} by a template",
            "housekeeping.rename:build",
            examples,
        )

    @staticmethod
    def fill(*examples: str) -> Verb:
        usual = (
            "stash {plural} fill --all --from path --pattern '{{studio}}/{{date}} - {{title}}' --dry-run",
            "stash {plural} fill --where organized:no --from json --overwrite --only title,date",
        )
        text = "Fill fields from paths of files, or from sidecars beside them"
        return Verb("fill", text, "housekeeping.fill:build", (*examples, *usual))

    @staticmethod
    def export_records() -> Verb:
        examples = (
            "stash {plural} export {plural}.csv",
            "stash {plural} export new.jsonl --where 'created:-7d..'",
            "stash {plural} export - --fields {label} --csv",
        )
        return Verb("export", "Write {plural} to a file that import reads", "verbs.export:build", examples)

    @staticmethod
    def import_records() -> Verb:
        examples = (
            "stash {plural} import {plural}.csv --dry-run",
            "stash {plural} import more.jsonl --upsert --match {label} --create-missing",
            "stash {plural} export - --json | stash -P other {plural} import -",
        )
        return Verb("import", "Change {plural} as the rows of a file say", "verbs.imports:build", examples)

    @staticmethod
    def edit() -> Verb:
        examples = (
            "stash {noun} edit 12",
            "EDITOR='code --wait' stash {plural} edit --where 'created:-7d..'",
        )
        return Verb("edit", "Change {plural} as text in an editor", "verbs.edit:build", examples)


_OF_ENTITIES = (Verbs.edit(), Verbs.export_records(), Verbs.import_records(), Verbs.open_page())
"""Verbs that all nouns of entities have."""
