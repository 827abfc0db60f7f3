"""The embedded library: Stash's GraphQL API over a SQLite file, in this process."""

from stash_cli.embedded.library.library import Library, open_library

__all__ = ["Library", "open_library"]
