"""Which files of the disk a library may read, send and remove."""
