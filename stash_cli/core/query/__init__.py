"""Queries: lookups such as `rating100__gte`, `Q`, and names of related objects resolved to ids."""
