"""Me: signing in, passkeys and devices, acting for others, tokens, recovery, language, and the rights over one's data."""
