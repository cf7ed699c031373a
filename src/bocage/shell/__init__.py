"""What every page stands in: layout, components, home, consoles, the API frame."""
