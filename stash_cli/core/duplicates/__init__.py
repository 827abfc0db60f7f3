"""Duplicates: groups of alike files, the choice of the file to keep, and the action for the others."""
