"""`stash markers`."""

from stash_cli.commands.common.calls import Call, Word
from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import View, columns

STRINGS = Call(
    "strings",
    "markerStrings",
    "List the titles of markers, with the number of each",
    ("stash markers strings", "stash markers strings beach"),
    word=Word("q", "[TEXT]", "only titles with this text", optional=True),
    view=View("MarkerStringsResultType", columns("title!", "count>")),
)

NOUN = Noun(
    ENTITIES["SceneMarker"],
    columns=columns(
        "id>",
        "title=title|primary_tag.name!",
        "at=seconds:duration>",
        "tag=primary_tag.name",
        "scene=scene.title|scene.files[0].path:basename",
        "scene_id=scene.id>?",
    ),
    files=("scene.files.path",),
    verbs=(
        Verbs.find(
            "stash markers find --tag Coast --sort scene_id",
            "stash markers find --scene 12 --json",
        ),
        Verbs.show(),
        Verbs.count(),
        Verbs.stats(),
        Verbs.create(
            "stash marker create --scene 12 --seconds 30 --title Intro --primary-tag Outdoor",
        ),
        Verbs.update(),
        Verbs.merge(),
        Verbs.delete(),
        Verb(
            "generate",
            "Generate previews and pictures of markers",
            "tasks.noun_tasks:build",
            (
                "stash markers generate 3 4 --marker-screenshots --wait",
                "stash markers generate --where tag:Coast --marker-image-previews --wait",
            ),
            ("generate", "Generate the previews of markers, and with their flags moving and still pictures."),
        ),
        Verb("strings", STRINGS.help, "common.calls:build_verb", arguments=(STRINGS,)),
    ),
)
