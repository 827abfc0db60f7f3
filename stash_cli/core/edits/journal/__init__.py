"""The journal of edits: what each run sent, what it changed, and what was there before."""
