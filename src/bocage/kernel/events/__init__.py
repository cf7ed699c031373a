"""Events: one append-only log of facts, delivered in order to those whom consent lets hear them."""
