"""The find queries: text search, sort order, pages and totals."""
