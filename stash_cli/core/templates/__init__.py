"""Templates over the data of one object: Jinja2 in a sandbox, with the API's names.

    template = Template("{{ studio.name }} - {{ title or files[0].basename | stem }}", "Scene")
    template.paths             # ["studio.name", "title", "files.basename"]: what rows have to hold
    template.render(row)

A template computes text and nothing else: it knows the fields of its object, the filters of
`filters.FILTERS`, `if`, `for` and `set`. Names are checked against the API when it is compiled. What an
object lacks is empty: a field of nothing (`studio.name` without a studio, `files[0]` without files) is empty.
"""

from stash_cli.core.templates.template import Template

__all__ = ["Template"]
