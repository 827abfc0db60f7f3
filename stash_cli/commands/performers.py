"""`stash performers`."""

from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import columns

NOUN = Noun(
    ENTITIES["Performer"],
    columns=columns(
        "id>",
        "name!",
        "disambiguation?",
        "gender?",
        "birthdate",
        "country",
        "rating=rating100>",
        "favorite?",
        "scenes=scene_count>",
    ),
    verbs=(
        Verbs.find(
            "stash performers find ali --sort -rating",
            "stash performers find --country JP --birthdate-gte 1990 --csv",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.create(),
        Verbs.update(
            "stash performer update Alice --country JP --add-tag Guest",
            "stash performer update 7 --custom-field height=180 --clear birthdate",
        ),
        Verbs.merge(),
        Verbs.delete(),
        Verbs.scrape(
            "stash performers scrape --where 'missing:birthdate' --stash-box stashdb",
            "stash performer scrape Alice --with builtin_freeones --interactive",
            "stash performers scrape --all --by-url --only birthdate,country --rate 20",
        ),
        Verb(
            "images",
            "List the images of a performer",
            "verbs.related:build",
            ("stash performer images Alice",),
            ("images", "performers__includes"),
        ),
        Verb(
            "scenes",
            "List the scenes of a performer",
            "verbs.related:build",
            ("stash performer scenes Alice --sort -date",),
            ("scenes", "performers__includes"),
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
