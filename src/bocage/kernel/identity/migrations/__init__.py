"""Schema of identity, step by step."""
