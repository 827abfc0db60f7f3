"""Journal of edits: the operations of each run, the changed values, and the values before."""
