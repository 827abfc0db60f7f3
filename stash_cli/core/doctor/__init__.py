"""The checks of a connection, from the address to the disk, in the order in which one depends on another."""
