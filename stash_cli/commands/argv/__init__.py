"""What every command is made of: flags, the scanner of the command line, groups, help and completion."""
