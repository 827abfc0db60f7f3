"""Filter types, one module per entity."""
