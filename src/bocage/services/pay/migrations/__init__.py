"""The history of Pay's tables."""
