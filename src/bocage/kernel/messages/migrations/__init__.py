"""Schema history of `messages`."""
