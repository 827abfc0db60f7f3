"""`stash folders`: the folders that scans have found."""

from stash_cli.commands.common.calls import Call, Word
from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.core.types.entities import FILES
from stash_cli.output.values import columns

REVEAL = Call(
    "reveal",
    "revealFolderInFileManager",
    "Show a folder in the file manager of the machine on which the server runs",
    ("stash folders reveal 12",),
    word=Word("id", "FOLDER", "id of the folder"),
    done="the server opened its file manager",
)

NOUN = Noun(
    FILES["Folder"],
    columns=columns("id>", "path:path!", "modified=mod_time:moment?"),
    files=("path",),
    verbs=(
        Verbs.find("stash folders find --path-contains new", "stash folders find --gallery-count-gt 0"),
        Verbs.show(),
        Verbs.count(),
        Verb(
            "tree",
            "Print the folders below each other",
            "verbs.tree:build_tree",
            ("stash folders tree", "stash folders tree /media/new --depth 2"),
        ),
        Verb("reveal", REVEAL.help, "common.calls:build_verb", arguments=(REVEAL,)),
    ),
)
