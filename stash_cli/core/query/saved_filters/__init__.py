"""Filters saved in the web interface: its own format, to and from queries.

A saved filter is a row of three parts: `find_filter` (text, sort, page), `object_filter` (criteria by name,
in a shape of the web interface's own) and `ui_options`. `reading` makes lookups of the criteria, `writing`
makes the criteria of a query, `address` the address of the same list in a browser.
"""
