"""Output: streams, formats, tables, progress and questions. Entities are plain data here."""
