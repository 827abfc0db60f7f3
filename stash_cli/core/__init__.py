"""The library: client, types and store; it never prints, prompts or exits."""
