"""Export and import of entities as JSON files, one per entity, in the layout of a Stash server."""
