"""What a saved filter shows."""

from __future__ import annotations

from sqlalchemy import literal

from stash_cli.embedded import tables as t
from stash_cli.embedded.kinds.kind import Kind, plain

SAVED_FILTER = Kind(
    "SavedFilter",
    t.saved_filters,
    noun="saved filter",
    columns={
        **plain(t.saved_filters, "name mode find_filter object_filter ui_options"),
        "filter": literal(""),
    },
)
