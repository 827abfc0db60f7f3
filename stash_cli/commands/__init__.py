"""One file per command or noun: parse, call core, print. Folders have the parts that commands share."""
