"""One mixin per area of the API: names and types over the generic methods of the base."""
