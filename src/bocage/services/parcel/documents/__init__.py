"""Labels: on paper, and for label printers."""
