"""Undo, redo and resume: runs of the journal taken back, made again and finished."""
