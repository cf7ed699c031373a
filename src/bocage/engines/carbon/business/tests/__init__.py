"""Tests of companies' inventories; every company in them is made up."""
