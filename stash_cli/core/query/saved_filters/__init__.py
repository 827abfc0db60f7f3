"""Saved filters of the web interface, converted to and from queries.

A saved filter is a row of three parts: `find_filter` (text, sort, page), `object_filter` (criteria by name,
in the web interface's own format) and `ui_options`. `reading` converts criteria to lookups, `writing` a query
to criteria, `address` gives the address of the same list in a browser.
"""
