"""Schema history of `consent`."""
