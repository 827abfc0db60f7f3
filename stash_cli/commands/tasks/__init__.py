"""Tasks on the whole library: inputs, checks before the start, waiting for jobs, and chains."""
