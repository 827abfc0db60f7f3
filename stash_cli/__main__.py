"""`python -m stash_cli`."""

from stash_cli.app import main

main()
