"""A new service from a name: the folder, its manifest, a page, an API operation, a handler and a test."""
