"""The library: client, types and store. It never prints, prompts or exits."""
