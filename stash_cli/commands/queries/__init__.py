"""Queries of commands: from words and flags to matching objects, sorted and in pages."""
