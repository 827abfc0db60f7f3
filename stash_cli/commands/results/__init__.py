"""Rows printed by the output options: columns, formats, HTML pages, jq."""
