"""The verbs that nouns share; `noun.py` says how a noun takes one."""
