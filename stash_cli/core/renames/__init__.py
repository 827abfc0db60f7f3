"""Renaming of files by a template: safe names, a plan without collisions, moves in a safe order."""
