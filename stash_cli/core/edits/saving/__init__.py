"""Saving of library objects: units of work, the reads before a save, and the commits after it."""
