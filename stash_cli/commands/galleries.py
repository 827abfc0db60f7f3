"""`stash galleries`."""

from stash_cli.commands.common.noun import Noun, Verb, Verbs
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
        Verbs.find(
            "stash galleries find --studio 'Acme Films' --no-organized",
            "stash galleries find --missing date --json",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.create(
            'stash gallery create --title "Beach set" --studio "Acme Films"',
        ),
        Verbs.update(),
        Verbs.fill(),
        Verbs.merge(),
        Verbs.delete(),
        Verbs.rename(
            "stash galleries rename '{{{{ date }}}} {{{{ title }}}}' --where 'date:*' --dry-run",
        ),
        Verbs.scrape(
            "stash gallery scrape 3 --url https://example.com/gallery/1",
            "stash galleries scrape --all --by-url --dry-run",
        ),
        Verb(
            "images",
            "List, add and remove the images of a gallery",
            "verbs.members:build",
            (),
            ("images", "images", "galleries__includes"),
        ),
        Verb(
            "cover",
            "Set the cover, or let the server choose it",
            "verbs.gallery:build_cover",
        ),
        Verb(
            "chapters",
            "List, add, change and delete chapters",
            "verbs.gallery:build_chapters",
        ),
    ),
)
