"""Persistence of entities: one writer for all types, and a mapper for each."""
