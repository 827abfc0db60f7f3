"""`stash tags`."""

from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Tag"],
    columns=columns(
        "id>",
        "name!",
        "parents=parents.name",
        "favorite?",
        "scenes=scene_count>",
        "images=image_count>",
        "performers=performer_count>",
    ),
    verbs=(
        Verbs.find(
            "stash tags find --scene-count 0 --ids",
            "stash tags find --parent Outdoor --parent-depth -1",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.create(),
        Verbs.update(),
        Verbs.merge(),
        Verbs.delete(),
        Verbs.scrape(
            "stash tags scrape --all --stash-box stashdb --only description",
            "stash tag scrape Outdoor --stash-box stashdb --query Outdoors",
        ),
        Verb(
            "tree",
            "Print the tags below their parents",
            "verbs.tree:build_tree",
            ("stash tags tree", "stash tags tree Outdoor --depth 1"),
        ),
        Verb(
            "move",
            "Give tags another parent",
            "verbs.tree:build_move",
            ("stash tags move 12 13 --under 7", "stash tag move 12 --top"),
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
