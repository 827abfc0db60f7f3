"""Input types of mutations and queries, one module per area."""
