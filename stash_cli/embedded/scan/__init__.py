"""The scanner: finds media files on disk and takes them up into the library."""

from stash_cli.embedded.scan.task import run

__all__ = ["run"]
