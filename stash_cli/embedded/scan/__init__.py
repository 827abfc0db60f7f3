"""The scanner: finds media files on disk and adds them to the library."""
