"""Merges of objects: the values of the one that stays, and the references that move to it."""
