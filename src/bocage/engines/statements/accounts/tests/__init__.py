"""Tests of the readers of a company's accounts. Every company, person and amount in them is made up."""
