"""The embedded library: Stash's GraphQL API over a SQLite file, in this process."""
