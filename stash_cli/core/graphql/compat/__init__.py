"""Compatibility with older servers: names, inputs and results are translated in both directions.

Renamings follow from `releases.older_name`; the modules here translate what has another shape.
"""
