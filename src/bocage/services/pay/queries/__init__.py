"""What Pay answers: frozen dataclasses, never rows."""
