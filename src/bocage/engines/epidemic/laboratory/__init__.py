"""Policies against each other on Covasim."""
