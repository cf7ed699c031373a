"""What is hard, as plain Python: no Django, no kernel, not one another."""
