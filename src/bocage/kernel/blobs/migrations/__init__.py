"""Schema history of `blobs`."""
