"""What is ours of the OpenID provider; stands before allauth's own list, which has the rest."""

from django.urls import path

from bocage.shell.accounts.pages import oidc, programs

urlpatterns = [
    path("identity/o/authorize", oidc.authorize),
    path("console/programs", programs.programs, name="console-programs"),
    path("console/programs/<str:client_id>/end", programs.end, name="console-program-end"),
]
