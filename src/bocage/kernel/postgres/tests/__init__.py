"""Tests of the embedded PostgreSQL: real servers in temporary folders."""
