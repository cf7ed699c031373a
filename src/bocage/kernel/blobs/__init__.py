"""Blobs: files, encrypted with their owner's key."""
