"""Merges of objects: the values of the destination, and the references that move to it."""
