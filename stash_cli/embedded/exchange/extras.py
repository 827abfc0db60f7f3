"""The lists of an object that are objects themselves, as its JSON holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.embedded.library.rows import Row


def filled(members: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: the server leaves it out, too."""
    return {name: value for name, value in members.items() if value not in (None, "", 0, False, [], {})}


def _paths(row: Row) -> list[str]:
    return [file.get("path") for file in row.get("visual_files" if row.type == "Image" else "files")]


def gallery_reference(row: Row) -> dict[str, Any]:
    """What another object calls a gallery by: its folder, its zip files, or its title."""
    folder = row.get("folder")
    if folder is not None:
        return {"folder_path": folder.get("path")}
    files = _paths(row)
    return {"zip_files": files} if files else {"title": row.get("title")}


def _marker(row: Row) -> dict[str, Any]:
    end = row.get("end_seconds")
    return filled(
        {
            "title": row.get("title"),
            "end_seconds": None if end is None else str(end),
            "primary_tag": row.get("primary_tag").get("name"),
            "tags": [tag.get("name") for tag in row.get("tags")],
            "created_at": row.get("created_at"),
            "updated_at": row.get("updated_at"),
        }
    ) | {"seconds": str(row.get("seconds"))}


def _chapter(row: Row) -> dict[str, Any]:
    return filled({name: row.get(name) for name in ("title", "image_index", "created_at", "updated_at")})


def _movie(entry: dict[str, Any]) -> dict[str, Any]:
    return filled({"movieName": entry["group"].get("name"), "scene_index": entry["scene_index"]})


def _sub_group(entry: dict[str, Any]) -> dict[str, Any]:
    return filled({"name": entry["group"].get("name"), "description": entry["description"]})


def _folder_path(row: Row) -> str | None:
    folder = row.get("folder")
    return None if folder is None else folder.get("path")


EXTRAS: dict[str, Callable[[Row], Any]] = {
    "files": _paths,
    "zip_files": _paths,
    "folder_path": _folder_path,
    "galleries": lambda row: [gallery_reference(gallery) for gallery in row.get("galleries")],
    "movies": lambda row: [_movie(entry) for entry in row.get("groups")],
    "sub_groups": lambda row: [_sub_group(entry) for entry in row.get("sub_groups")],
    "markers": lambda row: [_marker(marker) for marker in row.get("scene_markers")],
    "chapters": lambda row: [_chapter(chapter) for chapter in row.get("chapters")],
    "play_history": lambda row: row.get("play_history"),
    "o_history": lambda row: row.get("o_history"),
}
"""Value of each such member."""
