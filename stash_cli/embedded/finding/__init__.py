"""Finding objects: text search, order, pages and totals of the find* queries."""
