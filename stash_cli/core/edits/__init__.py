"""Write path: planning, sending, recording and undoing of changes of objects."""
