"""`stash studios`."""

from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Studio"],
    columns=columns(
        "id>", "name!", "parent=parent_studio.name", "rating=rating100>", "favorite?", "scenes=scene_count>"
    ),
    verbs=(
        Verbs.find(
            "stash studios find --favorite",
            "stash studios find --parent 'Acme Films' --ids",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.create(),
        Verbs.update(),
        Verbs.merge(),
        Verbs.delete(),
        Verbs.scrape(
            "stash studios scrape --all --stash-box stashdb --dry-run",
            "stash studio scrape Acme --stash-box stashdb --only parent_studio,image",
        ),
        Verb(
            "tree",
            "Print the studios below their parents",
            "verbs.tree:build_tree",
            ("stash studios tree", "stash studios tree 'Acme Films' --json"),
        ),
        Verb(
            "move",
            "Give studios another parent",
            "verbs.tree:build_move",
            ("stash studios move 12 13 --under 7", "stash studio move 12 --top"),
        ),
        Verb(
            "similar",
            "List {plural} whose names are probably one, and merge them",
            "housekeeping.similar:build",
            ("stash {plural} similar", "stash {plural} similar --only case,plural --merge --dry-run"),
        ),
        Verb(
            "unused",
            "List {plural} that nothing refers to",
            "housekeeping.unused:build",
            ("stash {plural} unused", "stash {plural} unused --ids | stash {plural} delete -"),
        ),
    ),
)
