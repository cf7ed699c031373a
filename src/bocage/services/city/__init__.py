"""The service city."""
