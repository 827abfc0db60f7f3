"""The scanner: finds media files on disk and adds them to the library."""

from stash_cli.embedded.scan.task import run

__all__ = ["run"]
