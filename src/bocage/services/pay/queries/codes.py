"""Codes to scan, and who is paid by one."""

import re
from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.services.pay import emv, limits, models, words
from bocage.services.pay.types import Code, CodeKind, CodeState, Page, Payee

_HANDLE = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
HANDLE_CHARACTERS_MAX = 40


def payee(party_id: UUID) -> Payee:
    """Who is paid, as the payment sheet shows them. Raises a `Refusal` (404)."""
    found = payees([party_id]).get(party_id)
    if found is None:
        raise not_found(_("There is nobody here by that name."))
    return found


def payees(party_ids: Collection[UUID]) -> dict[UUID, Payee]:
    """Those of `party_ids` that exist: people and shops, in at most two queries."""
    found = {
        each.id: Payee(each.id, each.display_name, each.handle, True, each.tier == "document", "", "", "")
        for each in identity.persons(party_ids).values()
    }
    rest = [each for each in party_ids if each not in found]
    for each in identity.organisations(rest).values() if rest else ():
        category = words.category_name(each.mcc)
        found[each.id] = Payee(each.id, each.name, each.handle, False, each.verified, each.mcc, category, each.country)
    return found


def payee_by_handle(handle: str) -> Payee:
    """Whoever is called `@handle`. Raises a `Refusal` naming the field."""
    plain = handle.strip().removeprefix("@")
    found = identity.party_by_handle(plain) if _HANDLE.fullmatch(plain) else None
    if found is None:
        raise Refusal(
            "payee_unknown",
            _("Nobody here is called %(handle)s. Check the spelling, or scan their code.")
            % {"handle": "@" + plain[:HANDLE_CHARACTERS_MAX]},
            field="to",
        )
    return payee(found.id)


def code(code_id: UUID) -> Code:
    """A code by its id. Raises a `Refusal` (404)."""
    return as_code(_found(models.Code.objects.filter(id=code_id).first()))


def own_code(payee_id: UUID, code_id: UUID) -> Code:
    """One of the payee's own codes. Raises a `Refusal` (404)."""
    return as_code(_found(models.Code.objects.filter(id=code_id, payee_id=payee_id).first()))


def scanned(text: str) -> Code:
    """The code that a camera read or somebody pasted: EMVCo text, or its 16-character token alone.

    Raises a `Refusal` for damaged, foreign and unknown codes, and for one whose amount, currency or payee was changed.
    """
    read = emv.read(text)
    row = models.Code.objects.filter(token=read.token).first()
    if row is None:
        raise Refusal(
            "code_unknown", _("This code is not known in this town. Ask for another, or type the name."), field="code"
        )
    found = as_code(row)
    altered = read.payee_id is not None and (read.payee_id, read.amount_minor, read.currency) != (
        found.payee_id,
        found.amount_minor,
        found.currency,
    )
    if altered:
        raise Refusal(
            "code_altered",
            _("This code does not say what was put into it. Do not pay it; tell the shop."),
            field="code",
        )
    return found


def codes(payee_id: UUID, kind: CodeKind, *, before: UUID | None = None, limit: int = limits.PAGE_ROWS) -> Page[Code]:
    """The payee's codes of one kind, newest first."""
    rows = models.Code.objects.filter(payee_id=payee_id, kind=kind).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    one = payee(payee_id)
    shown = tuple(as_code(row, one) for row in found[:limit])
    return Page(shown, shown[-1].id if len(found) > limit else None)


def open_poster(payee_id: UUID, currency: str) -> Code | None:
    """The payee's oldest open poster of no fixed amount, or None."""
    row = (
        models.Code.objects.filter(
            payee_id=payee_id, kind=CodeKind.POSTER, state=CodeState.OPEN, amount_minor=None, currency=currency
        )
        .order_by("id")
        .first()
    )
    return as_code(row) if row else None


def presented_payment(person_id: UUID) -> UUID | None:
    """The payment for which the person's latest used code was taken, within the time that codes are kept."""
    since = clock.now() - limits.PRESENTED_CODES_KEPT
    row = models.PresentedCode.objects.filter(person_id=person_id, used_at__gte=since).order_by("-used_at").first()
    return row.payment_id if row else None


def as_code(row: models.Code, to: Payee | None = None) -> Code:
    """The row as others may see it, with the EMVCo text for its QR."""
    to = to or payee(row.payee_id)
    payload = emv.payload(
        to, row.token, currency=row.currency, amount_minor=row.amount_minor, reference=row.reference, label=row.label
    )
    return Code(
        id=row.id,
        token=row.token,
        payee_id=row.payee_id,
        kind=CodeKind(row.kind),
        label=row.label,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reference=row.reference,
        state=CodeState(row.state),
        expired=row.expires_at is not None and row.expires_at <= clock.now(),
        payment_id=row.payment_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        payload=payload,
    )


def _found(row: models.Code | None) -> models.Code:
    if row is None:
        raise not_found(_("There is no such code."))
    return row
