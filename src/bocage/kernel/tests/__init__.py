"""Tests of the kernel's single modules."""
