"""What Health prints: a place's poster, and the pass on paper."""
