"""Renaming of files by a template: names that are safe, a plan without collisions, moves in a safe order."""
