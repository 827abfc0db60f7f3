"""One file per verb or noun: parse, call core, hand to output. Only app.py imports from here."""
