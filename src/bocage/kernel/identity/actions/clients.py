"""Programs that offer "sign in with Bocage": an operator registers each of them."""

import secrets
from collections.abc import Collection
from urllib.parse import urlsplit
from uuid import UUID

from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.utils.translation import gettext as _

from bocage.kernel.approvals.actions import acted
from bocage.kernel.errors import Refusal, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries
from bocage.kernel.identity.actions.people import clean_name
from bocage.kernel.identity.types import Role

REDIRECTS_MAX = 10
URI_CHARACTERS_MAX = 500
SCOPES = frozenset({"openid", "profile", "email"})
SECRET_BYTES = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def register_client(
    operator_id: UUID, *, name: str, redirect_uris: Collection[str], scopes: Collection[str], public: bool
) -> tuple[str, str | None]:
    """Register a program. Its client id, and its secret, which is shown once; a public one (an app) has none.

    Raises a `Refusal` for a redirect address that is not https (or this machine's, outside of production).
    """
    _require_operator(operator_id)
    wanted = set(scopes) | {"openid"}
    if not wanted <= SCOPES:
        raise Refusal("scope_unknown", _("A program may ask for openid, profile and email."), field="scopes")
    uris = [clean_redirect(each) for each in redirect_uris]
    if not uris or len(uris) > REDIRECTS_MAX:
        raise Refusal("redirects_needed", _("Give between 1 and 10 addresses to return to."), field="redirect_uris")
    client = Client(name=clean_name(name), type=Client.Type.PUBLIC if public else Client.Type.CONFIDENTIAL)
    client.set_redirect_uris(uris)
    client.set_scopes(sorted(wanted))
    client.set_default_scopes(["openid"])
    grants = [Client.GrantType.AUTHORIZATION_CODE, Client.GrantType.REFRESH_TOKEN]
    client.grant_types = "\n".join(grant.value for grant in grants)
    secret = None if public else secrets.token_urlsafe(SECRET_BYTES)
    client.set_secret(secret or secrets.token_urlsafe(SECRET_BYTES))
    client.save()
    emit("identity.client_registered", subject_id=None, data={"client_id": client.id, "by": str(operator_id)})
    acted("register_client", operator_id, kind="identity.client")
    return client.id, secret


def rotate_client_secret(operator_id: UUID, client_id: str) -> str:
    """Give the program a new secret; the old one stops at once."""
    _require_operator(operator_id)
    client = Client.objects.select_for_update().filter(id=client_id, type=Client.Type.CONFIDENTIAL).first()
    if client is None:
        raise not_found(_("There is no such program."))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client.set_secret(secret)
    client.save(update_fields=["secret"])
    acted("rotate_client_secret", operator_id, kind="identity.client")
    return secret


def unregister_client(operator_id: UUID, client_id: str) -> None:
    """End a program's sign-ins, now and to come."""
    _require_operator(operator_id)
    if not Client.objects.filter(id=client_id).delete()[0]:
        raise not_found(_("There is no such program."))
    acted("unregister_client", operator_id, kind="identity.client")


def leave_program(person_id: UUID, client_id: str) -> None:
    """End a program's access to the person; it has to ask again."""
    Token.objects.filter(user_id=person_id, client_id=client_id).delete()


def clean_redirect(uri: str) -> str:
    """An address to return to, as it came. Raises a `Refusal` for one that could leak a code."""
    uri = uri.strip()
    try:
        parts = urlsplit(uri)
        loopback = parts.scheme == "http" and parts.hostname in LOOPBACK and settings.MODE != "production"
        good = bool(parts.hostname) and (parts.scheme == "https" or loopback)
        good = good and not (parts.fragment or parts.username or "*" in uri) and uri.isprintable() and " " not in uri
    except ValueError:
        good = False
    if not good or len(uri) > URI_CHARACTERS_MAX:
        raise Refusal(
            "redirect_form", _("An address to return to begins with https:// and has no #."), field="redirect_uris"
        )
    return uri


def _require_operator(person_id: UUID) -> None:
    if Role.OPERATOR not in queries.roles(person_id):
        raise forbidden(_("Only an operator registers programs."))
