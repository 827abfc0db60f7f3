"""Verbs that plan many edits at once: duplicates, rename, fill, scrape, similar and unused names."""
