"""The one address of the OpenID provider that is ours; stands before allauth's own list, which has the rest."""

from django.urls import path

from bocage.shell.accounts.pages import oidc

urlpatterns = [path("identity/o/authorize", oidc.authorize)]
