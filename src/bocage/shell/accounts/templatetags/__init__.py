"""Template tags of the Me pages."""
