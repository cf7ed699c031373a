"""The health pass: a colour that explains itself, private by construction, gone at its sunset."""
