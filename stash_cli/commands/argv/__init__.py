"""The common parts of all commands: flags, the scanner of the command line, groups, help, completion."""
