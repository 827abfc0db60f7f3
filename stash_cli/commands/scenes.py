"""`stash scenes`."""

from stash_cli.commands.noun import Noun, count, create, delete, find, show, update
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Scene"],
    columns=columns(
        "id>",
        "title=title|files[0].basename!",
        "date",
        "rating=rating100>",
        "length=files[0].duration:duration>",
        "height=files[0].height>?",
        "studio=studio.name",
        "performers=performers.name",
    ),
    files=("files.path",),
    verbs=(
        find(
            "stash scenes find beach --tag Outdoor --no-tag 'To sort'",
            "stash scenes find --rating100-gte 80 --date-between 2023..2024 --sort -date",
            "stash scenes find --missing cover --paths -0 | xargs -0 ls -l",
            "stash scenes find --performers-country JP --json --fields id,title,performers.name",
        ),
        show(),
        count(),
        create(
            'stash scene create --title "Beach day" --date 2024-05 --tag Outdoor --performer Alice',
        ),
        update(
            "stash scene update 12 --rating100 80 --add-tag Outdoor --remove-tag 'To sort'",
            "stash scenes find --studio 'Acme Films' --ids | stash scenes update - --organized --yes",
            "stash scene update 12 --clear director --clear studio",
        ),
        delete(),
    ),
)
