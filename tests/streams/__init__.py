"""The streams: hints for open pages."""
