"""What must hold under load and under whatever strangers send."""
