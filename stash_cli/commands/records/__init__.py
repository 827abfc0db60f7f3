"""Objects as records of files: exported fields, columns of imports, and rows that become edits."""
