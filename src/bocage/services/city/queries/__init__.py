"""What City answers; frozen dataclasses."""
