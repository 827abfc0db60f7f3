"""The write path: what one save sends, in which order, and what is noted once the server has answered."""
