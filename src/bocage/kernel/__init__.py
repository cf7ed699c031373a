"""The ground every service stands on: who, value, fact. Knows no service."""
