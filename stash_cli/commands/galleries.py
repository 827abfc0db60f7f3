"""`stash galleries`."""

from stash_cli.commands.noun import Noun, count, create, delete, find, show, update
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Gallery"],
    columns=columns(
        "id>",
        "title=title|files[0].path|folder.path:basename!",
        "date",
        "rating=rating100>",
        "images=image_count>",
        "studio=studio.name",
        "performers=performers.name",
    ),
    files=("files.path", "folder.path"),
    verbs=(
        find(
            "stash galleries find --studio 'Acme Films' --no-organized",
            "stash galleries find --missing date --json",
        ),
        show(),
        count(),
        create(
            'stash gallery create --title "Beach set" --studio "Acme Films"',
        ),
        update(),
        delete(),
    ),
)
