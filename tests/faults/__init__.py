"""What goes wrong, and what must hold then."""
