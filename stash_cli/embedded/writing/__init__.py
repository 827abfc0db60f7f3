"""Writing entities: one changeset writer for all, and what sets each entity apart."""
