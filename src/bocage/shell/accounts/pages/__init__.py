"""The Me pages: what a person sees and decides about herself."""
