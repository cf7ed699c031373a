"""The twin of the demo town: its streets in SUMO, its lights in cabinets, its planner in a process of its own.

No real street is measured here. The twin stands where a town's road office would: it sends what its detectors and
cabinets say through the same API, with a key of its own, and knows nothing of the database.
"""
