"""Schema of approvals, step by step."""
