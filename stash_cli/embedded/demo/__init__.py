"""The demo library: a few hundred related entities about landscapes and travel, the same on every machine."""

from stash_cli.embedded.demo.content import fill
from stash_cli.embedded.demo.location import demo_path, ensure_demo, reset_demo

__all__ = ["demo_path", "ensure_demo", "fill", "reset_demo"]
