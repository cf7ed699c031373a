"""Proofs over the ledger: signed checkpoints of its chain, receipts that verify offline, and the audit of it all."""
