"""Consent: who may use whose data for what, and the receipts of who did."""
