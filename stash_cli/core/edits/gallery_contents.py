"""The images of galleries: of a folder or an archive they are those in it, and no server changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import with_before
from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.edit import Change, Edit, key_of
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.client.session import Session

    Row = Mapping[str, Any]

FIELDS = frozenset({("Gallery", "images"), ("Image", "galleries")})
"""Type and field of the edits that change which images a gallery has."""


def is_scanned(gallery: Row) -> bool:
    """Whether a gallery, with `folder` and `files`, is a folder or an archive that a scan has found."""
    return bool(gallery.get("folder") or gallery.get("files"))


async def refusals(session: Session, edits: Iterable[Edit]) -> dict[tuple[str, str], StashInputError]:
    """Type and id of the objects whose edits change the images of a folder or an archive: the reason.

    The server is asked about the galleries of such edits, 500 to a request.
    """
    many = [edit for edit in edits if (edit.type, edit.field) in FIELDS and edit.id.isdecimal()]
    ids = {one for edit in many for one in _named(edit)}
    if not ids:
        return {}
    rows = session.rows_by_id("Gallery", sorted(ids), ["id", "folder.path", "files.path"])
    scanned = {str(row["id"]): row async for row in rows if is_scanned(row)}
    # Of an image whose galleries were not read, as it may be in the gallery already.
    close = await with_before(session, [edit for edit in many if _named(edit) & scanned.keys()])
    hits = {(edit.type, edit.id): _named(edit) & scanned.keys() for edit in close}
    return {key: _refusal(scanned[min(found)]) for key, found in hits.items() if found}


def _named(edit: Edit) -> set[str]:
    """The ids of the galleries whose images an edit changes, or may change."""
    if edit.type == "Gallery":
        return {edit.id}
    before = None if edit.before is UNSET else {str(key_of(one)) for one in edit.before or ()}
    if not isinstance(edit.after, Change):
        return {str(key_of(one)) for one in edit.after or ()} ^ (before or set())
    added, removed = ({str(key_of(one)) for one in many} for many in (edit.after.added, edit.after.removed))
    return added | removed if before is None else (added - before) | (removed & before)


def _refusal(gallery: Row) -> StashInputError:
    folder = gallery.get("folder")
    what, path = ("a folder", folder["path"]) if folder else ("an archive", gallery["files"][0]["path"])
    return StashInputError(
        f"gallery {gallery['id']} is {what}, whose images it has: {path}",
        hint="Only galleries that were made by hand take other images: see `stash gallery create --help`.",
    )
