"""`stash tags`."""

from stash_cli.commands.noun import Noun, count, create, delete, find, show, update
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
        find(
            "stash tags find --scene-count 0 --ids",
            "stash tags find --parent Outdoor --parent-depth -1",
        ),
        show(),
        count(),
        create(),
        update(),
        delete(),
    ),
)
