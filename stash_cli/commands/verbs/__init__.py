"""The verbs that nouns share; `commands/common/noun.py` lists them."""
