"""The write path: what one save sends, in which order, and what is recorded once the server has answered."""
