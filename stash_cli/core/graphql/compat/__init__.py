"""Older servers: what they call, take and answer otherwise, translated on the way there and back.

What is merely called otherwise follows from `releases.older_name`; here is what has another shape.
"""
