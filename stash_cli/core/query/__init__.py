"""Questions about the library: lookups such as `rating100__gte`, and names turned into ids."""
