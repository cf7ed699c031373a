"""Django's name for the package."""

from django.apps import AppConfig


class BlobsConfig(AppConfig):
    name = "bocage.kernel.blobs"
    label = "blobs"
