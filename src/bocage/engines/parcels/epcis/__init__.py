"""GS1 EPCIS 2.0: events of what was seen where, when and why, checked beyond the JSON schema."""
