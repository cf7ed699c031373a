"""One folder a service; they meet through events, the ledger and ports, never through imports."""
