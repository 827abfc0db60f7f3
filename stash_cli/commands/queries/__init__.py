"""Queries of commands: from words and flags to matching objects, in order and in pages."""
