"""The embedded library over HTTP: GraphQL, authentication, media."""
