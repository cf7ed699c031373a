"""Notifications: short lines for a person, shown in the app."""
