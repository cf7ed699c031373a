"""Django's name for the service."""

from django.apps import AppConfig


class ParcelConfig(AppConfig):
    name = "bocage.services.parcel"
    label = "parcel"
