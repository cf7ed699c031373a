"""Value: double-entry accounts in any unit, and the transfers between them."""
