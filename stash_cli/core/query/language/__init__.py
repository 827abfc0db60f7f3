"""The query language: text to `Q` and back (`parse_query`, `Q.parse`, `str(q)`)."""
