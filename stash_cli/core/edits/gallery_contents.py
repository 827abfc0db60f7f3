"""Images of galleries: those of a folder or an archive are fixed, and no server changes them."""

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
    """Errors, by type and id, of objects whose edits change the images of a folder or an archive.

    The galleries of such edits are read, 500 in a request.
    """
    many = [edit for edit in edits if (edit.type, edit.field) in FIELDS and edit.id.isdecimal()]
    ids = {one for edit in many for one in _changed_galleries(edit)}
    if not ids:
        return {}
    rows = session.rows_by_id("Gallery", sorted(ids), ["id", "folder.path", "files.path"])
    scanned = {str(row["id"]): row async for row in rows if is_scanned(row)}
    # Read the galleries of images where they are unknown: the image may be in the gallery already.
    checked = await with_before(session, [edit for edit in many if _changed_galleries(edit) & scanned.keys()])
    hits = {(edit.type, edit.id): _changed_galleries(edit) & scanned.keys() for edit in checked}
    return {key: _refusal(scanned[min(found)]) for key, found in hits.items() if found}


def _changed_galleries(edit: Edit) -> set[str]:
    """Ids of the galleries whose images an edit changes, or may change."""
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
