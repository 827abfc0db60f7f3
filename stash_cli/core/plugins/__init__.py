"""Plugins of a server: their input and log protocol, a context for their scripts, and a simulation."""
