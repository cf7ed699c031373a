"""The console of who runs the town: ledger, log, consents, jobs, people, approvals. Each look leaves its trace."""
