"""GraphQL over a library: schema, documents, input coercion, execution and subscriptions."""
