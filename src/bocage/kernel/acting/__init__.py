"""Who acts in this transaction, told to PostgreSQL so that row-level security can hold it to that."""

from bocage.kernel.acting.actor import Actor, acting_as, become, current_actor, gather, own_tables

__all__ = ["Actor", "acting_as", "become", "current_actor", "gather", "own_tables"]
