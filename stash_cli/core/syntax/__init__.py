"""GraphQL documents as text: their tokens and operations; imports no other package."""
