"""Template tags that every page may use (built in: no `{% load %}` needed)."""
