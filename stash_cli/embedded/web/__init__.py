"""The embedded library over HTTP: GraphQL requests, credentials, stored pictures."""
