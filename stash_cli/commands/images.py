"""`stash images`."""

from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Image"],
    columns=columns(
        "id>",
        "title=title|visual_files[0].path:basename!",
        "date",
        "rating=rating100>",
        "width=visual_files[0].width>?",
        "height=visual_files[0].height>?",
        "studio=studio.name",
        "performers=performers.name",
    ),
    files=("visual_files.path",),
    verbs=(
        Verbs.find(
            "stash images find --gallery 3 --sort path",
            "stash images find --resolution-gte 4k --ids",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.update(),
        Verbs.fill(),
        Verbs.delete(),
        Verbs.rename(
            "stash images rename '{{{{ studio.name }}}}/{{{{ title }}}}' --where 'studio:Acme' --dry-run",
        ),
        Verbs.scrape(
            "stash image scrape 3 --url https://example.com/image/1",
            "stash images scrape --where 'missing:title' --with SCRAPER",
        ),
        Verb(
            "o",
            "Raise the o-counter, or lower it",
            "verbs.history:build_o",
            ("stash image o 12", "stash image o 12 --remove"),
        ),
        Verb(
            "duplicates",
            "Find images with alike files, and merge, tag, move or delete all but one",
            "housekeeping.duplicates:build",
            (
                "stash images duplicates --distance 4",
                "stash images duplicates --by checksum --keep resolution,size,oldest --then tag:Duplicate",
                "stash images duplicates --keep resolution,size --into keep --then delete-files --dry-run",
            ),
        ),
    ),
)
