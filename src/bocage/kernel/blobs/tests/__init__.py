"""Tests of `blobs`."""
