"""What objects of each kind are filtered by."""
