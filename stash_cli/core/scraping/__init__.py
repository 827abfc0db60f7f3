"""Scraping: from results of scrapers and stash-boxes to edits of the library's objects."""
