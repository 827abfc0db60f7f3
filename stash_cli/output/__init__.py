"""What people and programs see: streams, formats, tables, progress, questions. Entities are data here."""
