"""Two pairs of eyes: what one administrator proposes, another one decides."""
