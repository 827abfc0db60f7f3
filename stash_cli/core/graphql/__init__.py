"""GraphQL documents derived from the API description, for the schema of one server."""
