"""Keys: the signing keys of the installation, and one encryption key a person that erasure destroys."""
