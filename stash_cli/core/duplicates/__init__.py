"""Duplicates: groups of alike files, which of them to keep, and what becomes of the rest."""
