"""Objects as records of files: export fields, import columns, and edits planned from rows."""
