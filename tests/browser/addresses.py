"""Every address of the site: who visits it in these tests, or why nobody does."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import URLResolver, get_resolver, resolve, reverse

from bocage.demo import town

NOBODY = "nobody"
ANA, MARCO, ODILE = town.ANA.handle, town.MARCO.handle, town.OPERATOR.handle
VISITORS = (NOBODY, ANA, MARCO, ODILE)

# What a visitor sees who has not signed in.
PUBLIC = {
    "home",
    "city:home",
    "city:lights",
    "city:light",
    "city:numbers",
    "offline",
    "health:code-kept",
    "health:gate",
    "health:register",
    "parcel:courier",
    "parcel:track",
    "account_login",
    "account_signup",
    "account_signup_by_passkey",
    "account_inactive",
    "account_reset_password",
    "account_password_reset_completed",
    "me-frozen",
    "recover",
    "recover-case",
}
FILES = {
    "city:my-photo": "a picture",
    "city:report-photo": "a picture",
    "health:paper": "a PDF",
    "health:poster": "a PDF",
    "health:record": "JSON to keep",
    "forest:certificate-file": "a PDF",
    "forest:certificate-proof": "JSON to keep",
    "forest:company-report": "a PDF",
    "forest:company-table": "a CSV",
    "forest:letter-file": "a PDF",
    "health:gate-desk": "JSON for the page of the gate",
    "health:card-keys": "JSON for programs",
    "health:gate-keys": "JSON for the page of the gate",
    "health:code-worker": "a script",
    "health:gate-worker": "a script",
    "health-live": "JSON for a supervisor",
    "health-parts": "JSON for a supervisor",
    "health-ready": "JSON for a supervisor",
    "idp:oidc:configuration": "JSON for programs",
    "idp:oidc:jwks": "JSON for programs",
    "idp:oidc:userinfo": "JSON for programs",
    "manifest": "JSON for the browser",
    "me-export": "JSON to keep",
    "metrics": "text for Prometheus",
    "mfa_download_recovery_codes": "a text file",
    "parcel:courier-tour": "JSON for the courier's page",
    "parcel:courier-worker": "a script",
    "parcel:label": "a PDF",
    "parcel:proof": "a picture",
    "parcel:label-zpl": "text for a label printer",
    "pay:line-pdf": "a PDF",
    "pay:line-proof": "JSON to keep",
    "pay:poster-file": "a PDF",
    "pay:statement-file": "a PDF, CSV or camt.053",
    "pay:takings-file": "a CSV",
    "service-worker": "a script",
}
# A part of a page, which the page's own script asks for, or an address that only leads on.
PARTS = {
    "parcel:live": "parcel:shipment asks for it when it is told to",
    "pay:code-watch": "pay:code asks for it while it waits",
    "pay:done-grams": "pay:done asks for it",
    "pay:payment": "leads on to pay:line",
}
# A moment of a flow that is gone through in tests/browser/test_passkeys.py or in the tests of bocage.shell.accounts.
MOMENTS = {
    "account_complete_password_reset": "after a code by mail",
    "account_confirm_login_code": "after a code by mail",
    "account_confirm_password_reset_code": "after a code by mail",
    "account_email_verification_sent": "after a code by mail",
    "account_set_password": "for an account made by passkey alone",
    "health:test-certificate": "after a result of a laboratory; in the tests of bocage.services.health",
    "idp:oidc:device_authorization": "after a code that a television shows",
    "idp:oidc:logout": "a program sends its person here",
    "me-recovery-stop-link": "after a letter's link",
    "me-vouch": "after somebody who is locked out has asked",
    "mfa_authenticate": "after the password",
    "mfa_login_webauthn": "answers the script of the sign-in page",
    "mfa_reauthenticate": "before what needs the person again",
    "mfa_reauthenticate_webauthn": "before what needs the person again",
    "mfa_signup_webauthn": "after the name and address of a new account",
    "pay:offer": "after asking for an offer; in the tests of bocage.services.pay",
    "pay:sheet-again": "leads to the page that shows again who one is",
    "set_language": "leads back to where one was",
}
MADE_UP = {
    "IntConverter": "1",
    "SlugConverter": "x",
    "StringConverter": "x",
    "UUIDConverter": "01890000-0000-7000-8000-000000000000",
}
NOT_PAGES = {**FILES, **PARTS, **MOMENTS}


@dataclass(frozen=True)
class Address:
    """A named pattern of the URL resolver, with its namespace before it and the kinds of its arguments."""

    name: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def url(self) -> str | None:
        """Where it is, unless it takes arguments."""
        return None if self.arguments else reverse(self.name)

    @property
    def made_up_url(self) -> str:
        """Where it would be with arguments that fit and mean nothing."""
        return reverse(self.name, kwargs={name: MADE_UP[kind] for name, kind in self.arguments})


def addresses() -> list[Address]:
    """All that people may open: everything but the API, which schemathesis walks."""
    return [each for each in _walk(get_resolver(), (), ()) if not each.name.startswith("api:")]


def _walk(
    resolver: URLResolver, namespaces: tuple[str, ...], arguments: tuple[tuple[str, str], ...]
) -> Iterator[Address]:
    for each in resolver.url_patterns:
        taken = (*arguments, *((name, type(kind).__name__) for name, kind in each.pattern.converters.items()))
        if isinstance(each, URLResolver):
            yield from _walk(each, (*namespaces, *([each.namespace] if each.namespace else [])), taken)
        elif each.name:
            yield Address(":".join((*namespaces, each.name)), taken)


def visitor_of(address: Address) -> str:
    """Who opens a page: the shop's by its owner, the console by the operator, all the rest by a citizen."""
    if address.name in PUBLIC:
        return NOBODY
    place = address.made_up_url
    # Ana has a passkey, so that she is not offered one.
    shops = ("/pay/merchant", "/health/places", "/forest/partner", "/forest/company", "/parcel/desk")
    if place.startswith(shops) or address.name.startswith(("me-organisation", "me-passkey-offer")):
        return MARCO
    return ODILE if place.startswith(("/console", "/pay/console", "/health/console", "/city/console")) else ANA


def name_of(url: str) -> str:
    """The URL name that an address on this site has. Raises Resolver404 for a dead link."""
    return resolve(urlsplit(url).path).view_name
