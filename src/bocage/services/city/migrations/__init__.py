"""City's tables over time."""
