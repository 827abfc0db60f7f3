"""Scraping: from what scrapers and stash-boxes answer to edits of the library's objects."""
