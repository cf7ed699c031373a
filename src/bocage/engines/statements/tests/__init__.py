"""Tests of the statement readers, on small invented files."""
