"""Parcel: parcels sent, carried, followed and received in the town."""
