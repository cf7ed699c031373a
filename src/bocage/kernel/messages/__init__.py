"""Messages out: mail (later SMS and push) through one port, with a local outbox."""
