"""Mirrors: offline copies of what a server's library has, with the server's ids."""
