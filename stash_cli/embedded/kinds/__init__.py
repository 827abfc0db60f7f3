"""The kinds of objects that the library holds, by API type name."""

from stash_cli.embedded.kinds.file import FILES, FOLDER
from stash_cli.embedded.kinds.gallery import CHAPTER, GALLERY
from stash_cli.embedded.kinds.group import GROUP, MOVIE
from stash_cli.embedded.kinds.image import IMAGE
from stash_cli.embedded.kinds.kind import Kind
from stash_cli.embedded.kinds.marker import MARKER
from stash_cli.embedded.kinds.performer import PERFORMER
from stash_cli.embedded.kinds.saved_filter import SAVED_FILTER
from stash_cli.embedded.kinds.scene import SCENE
from stash_cli.embedded.kinds.studio import STUDIO
from stash_cli.embedded.kinds.tag import TAG

__all__ = ["KINDS"]

KINDS: dict[str, Kind] = FILES | {
    kind.type: kind
    for kind in (
        SCENE,
        IMAGE,
        GALLERY,
        CHAPTER,
        PERFORMER,
        STUDIO,
        TAG,
        GROUP,
        MOVIE,
        MARKER,
        FOLDER,
        SAVED_FILTER,
    )
}
