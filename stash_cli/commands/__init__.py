"""One file per command or noun: parse, call core, hand to output. Folders hold what several commands use."""
