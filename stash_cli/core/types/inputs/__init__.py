"""What mutations take."""
