"""Me: signing in, passkeys, devices, acting for others, tokens, recovery, language, and the rights over one's data."""
