"""`stash groups`."""

from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Group"],
    columns=columns(
        "id>",
        "name!",
        "date",
        "rating=rating100>",
        "length=duration:duration>",
        "director?",
        "studio=studio.name",
        "scenes=scene_count>",
    ),
    verbs=(
        Verbs.find(
            "stash groups find --studio 'Acme Films' --sort date",
            "stash groups find --missing front_image",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.create(),
        Verbs.update(),
        Verbs.merge(),
        Verbs.delete(),
        Verbs.scrape(
            "stash group scrape 3 --url https://example.com/group/1",
            "stash groups scrape --all --by-url --create-missing",
        ),
        Verb(
            "scenes",
            "List the scenes of a group",
            "verbs.related:build",
            ("stash group scenes 'Summer' --sort group_scene_number",),
            ("scenes", "groups__includes"),
        ),
        Verb(
            "subgroups",
            "List, add and remove the groups of a group",
            "verbs.members:build",
            (),
            ("sub_groups", "groups", "containing_groups__includes"),
        ),
    ),
)
