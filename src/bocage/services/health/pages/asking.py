"""The scopes of Health's pages."""

READ, WRITE = "health:read", "health:write"
