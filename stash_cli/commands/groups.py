"""`stash groups`."""

from stash_cli.commands.noun import Noun, count, create, delete, find, show, update
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
        find(
            "stash groups find --studio 'Acme Films' --sort date",
            "stash groups find --missing front_image",
        ),
        show(),
        count(),
        create(),
        update(),
        delete(),
    ),
)
