"""Pay does what its sentence says."""
