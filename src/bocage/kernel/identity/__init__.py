"""Who people and organisations are, what they may do for one another, and how they prove it."""
