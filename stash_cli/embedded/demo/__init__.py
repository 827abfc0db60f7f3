"""The demo library: a few hundred related entities about landscapes and travel, the same on every machine."""

from stash_cli.embedded.demo.content import build
from stash_cli.embedded.demo.reset import reset_demo
from stash_cli.embedded.library.library_path import demo_path

__all__ = ["build", "demo_path", "reset_demo"]
