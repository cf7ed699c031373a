"""Pay: the wallet. People pay shops by code, send money to one another, top up and pay out; shops take payments."""
