"""Objects of the library saved: units of work, what is read before them, what is committed afterwards."""
