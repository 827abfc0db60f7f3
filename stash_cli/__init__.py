"""The command line, client and store for Stash servers."""

__version__ = "0.1.0"
