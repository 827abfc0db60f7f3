"""Tasks on the whole library: their inputs, checks before they start, waiting for jobs, chains."""
