"""GraphQL documents as text: tokens, and the operations that they hold; needs no other package."""
