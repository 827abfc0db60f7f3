"""The library file: its database, SQL helpers, rows and settings."""
