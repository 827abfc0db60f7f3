"""Undo, redo and resumption of the runs in the journal."""
