"""What Pay shows on the home screen: the wallet, and its latest lines with their grams."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from babel.numbers import format_decimal
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bocage.kernel.acting import current_actor
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Tier
from bocage.kernel.manifest import services
from bocage.kernel.ports import FootprintNotes, port
from bocage.services.pay.pages.showing import row_of
from bocage.services.pay.queries import requests, wallet
from bocage.services.pay.types import Line, Wallet
from bocage.shell.templatetags.shell import locale, money_text
from bocage.shell.types import ActivityRow, Card

HOME_LINES = 6
SHOW_FOOTPRINT = "pay.show_footprint"


def card(request: HttpRequest) -> Card:
    """The wallet of whom the person acts for."""
    subject_id = current_actor().required_subject()
    found = wallet.wallet(subject_id, settings.TOWN["currency"])
    return Card(
        "wallet",
        "pay/card.html",
        {"wallet": found, "note": note_of(found, requests.waiting_count(subject_id)), "chip": chip_of(subject_id)},
    )


def activity(request: HttpRequest) -> list[ActivityRow]:
    """The latest lines."""
    subject_id = current_actor().required_subject()
    return rows_of(subject_id, wallet.lines(subject_id, limit=HOME_LINES).rows)


def note_of(found: Wallet, waiting: int) -> str:
    """The line below the balance: what is set aside, or who waits."""
    if found.held_minor:
        return _("%(amount)s set aside") % {"amount": money_text(found.held_minor, found.currency)}
    if waiting:
        return ngettext("%(count)d request waits for you", "%(count)d requests wait for you", waiting) % {
            "count": waiting
        }
    return ""


def chip_of(subject_id: UUID) -> str:
    """How well the wallet's owner is known."""
    person = identity.persons([subject_id]).get(subject_id)
    if person is None:
        return _("Shop account")
    return {Tier.DOCUMENT: _("Identity checked"), Tier.CONTACT: _("Contact checked")}.get(person.tier, "")


def rows_of(subject_id: UUID, lines: Sequence[Line]) -> list[ActivityRow]:
    """Lines as rows, with the grams of each where the person agreed to see them and Forest knows them."""
    grams = grams_of(subject_id, [line.payment_id for line in lines if line.payment_id])
    return [
        replace(row_of(line), gain=_grams_text(grams[line.payment_id])) if line.payment_id in grams else row_of(line)
        for line in lines
    ]


def grams_of(subject_id: UUID, payment_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The footprint of those payments that was worked out; nothing without the person's agreement."""
    if not payment_ids or not shows_grams(subject_id):
        return {}
    return port(FootprintNotes, needed_by="pay").grams_for(subject_id, payment_ids)


def shows_grams(subject_id: UUID) -> bool:
    """Whether some service knows the footprints of payments, and the person agreed to see them here."""
    offered = any(offer.port is FootprintNotes for service in services() for offer in service.offers)
    return offered and is_granted(subject_id, SHOW_FOOTPRINT)


def _grams_text(grams: int) -> str:
    return _("%(grams)s g CO₂") % {"grams": format_decimal(grams, format="#,##0", locale=locale())}
