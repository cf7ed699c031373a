"""The scopes of Parcel's pages."""

READ, WRITE, CARRY = "parcel:read", "parcel:write", "parcel:take"
