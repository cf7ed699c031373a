"""Tests of the shell, and the sample town they draw pages from."""
