"""The base of all commands: the runtime, nouns, single operations of the API, sending and outcomes."""
