"""Downloads for a library: bounded, and only from where it may."""
