"""Rows as the output options ask for them: columns, formats, HTML pages, jq."""
