"""Tests of the root script and of the processes it runs."""
