"""GraphQL documents derived from the API description, fitted to what one server knows."""
