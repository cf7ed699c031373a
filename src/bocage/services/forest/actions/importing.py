"""Statements and payments become lines with a footprint. Nothing of a statement stays that was not confirmed."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.keys import subject_keys
from bocage.services.forest import limits
from bocage.services.forest.actions.earning import award_for, take_back, take_back_refunded
from bocage.services.forest.actions.turns import one_at_a_time
from bocage.services.forest.engine_words import REFUNDED
from bocage.services.forest.models import Line, Upload
from bocage.services.forest.reading import as_kept, choices_of, content_of, corrections, part_of, read_statement, take
from bocage.services.forest.types import Columns
from bocage.services.forest.weighing import Purchase, Weighed, given_back, weigh

_ROWS_AN_INSERT = 500


def receive(
    person_id: UUID,
    upload_id: UUID,
    name: str,
    content: bytes,
    country: str,
    columns: Columns | None = None,
    *,
    shared_id: UUID | None = None,
    waits_for_columns: bool = True,
) -> Upload:
    """Take a statement in for a preview, encrypted with the person's key; the same id and bytes again change nothing.

    `shared_id` says that the account is shared: only the person's agreed part of its lines will count.
    A CSV whose columns are not recognised waits for them in the state `columns`, or is refused (columns_unknown)
    where nobody is there to choose. Raises `Refusal` (too_large, or bad_statement naming file, line and field) for
    what is not a statement.
    """
    if len(content) > limits.UPLOAD_BYTES_MAX:
        raise too_large(len(content))
    name = name.replace("\0", "")[-limits.NAME_CHARACTERS_MAX :] or "statement"
    digest = hashlib.sha256(content).hexdigest()
    one_at_a_time(person_id)
    taken = conflict("id_conflict", _("This id is another file's."), field="id")
    found = Upload.objects.filter(pk=upload_id).first()
    if found is not None:
        if (found.person_id, found.digest, found.country, found.shared_id) != (person_id, digest, country, shared_id):
            raise taken
        return found
    upload = Upload(
        id=upload_id,
        person_id=person_id,
        name=name,
        digest=digest,
        country=country,
        content=subject_keys.encrypt(person_id, content, upload_id.bytes),
        columns=as_kept(columns) if columns else None,
        shared_id=shared_id,
        state=_state_of(content, name, country, columns, waits_for_columns=waits_for_columns),
        created_at=clock.now(),
    )
    part_of(upload)
    if upload.state == "columns":
        choices_of(upload)
    _make_room(person_id)
    # Row-level security hides another person's upload of this id: only the insert finds out.
    Upload.objects.bulk_create([upload], ignore_conflicts=True)
    if not Upload.objects.filter(pk=upload_id).exists():
        raise taken
    return upload


def too_large(size_bytes: int) -> Refusal:
    """The refusal of a file that is not even read."""
    return Refusal(
        "too_large",
        _("This file has %(size)s MB; at most %(most)s MB are read. Export a shorter period.")
        % {"size": -(-size_bytes // 1_000_000), "most": limits.UPLOAD_BYTES_MAX // 1_000_000},
        field="file",
        status=413,
    )


def choose_columns(person_id: UUID, upload_id: UUID, columns: Columns) -> Upload:
    """Read a CSV by the columns that the person chose. Raises `Refusal` (columns_unknown) where they do not fit it."""
    upload = _locked(person_id, upload_id)
    if upload.state in {"confirmed", "discarded"}:
        raise conflict("already_done", _("This statement was dealt with already. Import it again."), field="id")
    read_statement(content_of(upload), upload.name, upload.country, columns)
    upload.columns, upload.state = as_kept(columns), "preview"
    upload.save(update_fields=["columns", "state"])
    return upload


def confirm(person_id: UUID, upload_id: UUID, *, rewarded: bool) -> Upload:
    """Keep the statement's new lines, and forget the file. Confirming twice keeps them once.

    `rewarded`: the person agreed to `forest.grow`, so acts among the lines earn grams.
    """
    one_at_a_time(person_id)
    upload = _locked(person_id, upload_id)
    if upload.state == "confirmed":
        return upload
    taken = take(upload)
    added = _keep(person_id, "statement", upload.id, taken.fresh, taken.weighed)
    # Nobody knows which of the two rode the tram that a shared account paid: it earns neither of them grams.
    if upload.shared_id is None:
        if rewarded:
            award_for(added)
        take_back_refunded(added)
    upload.state, upload.confirmed_at, upload.content = "confirmed", clock.now(), None
    upload.lines_added = len(added)
    upload.lines_known = taken.known
    upload.lines_bad = len(taken.bad_lines)
    upload.save()
    emit(
        "forest.imported",
        subject_id=person_id,
        data={"upload_id": str(upload.id), "lines": len(added)},
        key=str(upload.id),
    )
    return upload


def discard(person_id: UUID, upload_id: UUID) -> None:
    """Forget a statement that was not confirmed."""
    upload = _locked(person_id, upload_id)
    if upload.state in {"columns", "preview"}:
        upload.state, upload.content = "discarded", None
        upload.save(update_fields=["state", "content"])


def forget_left_waiting() -> int:
    """Delete the statements that nobody confirmed for a week; how many. Runs as the service itself."""
    waiting = Upload.objects.filter(state__in=["columns", "preview"])
    return waiting.filter(created_at__lt=clock.now() - limits.UPLOAD_KEPT).delete()[0]


def keep_payment(
    person_id: UUID,
    payment_id: UUID,
    purchase: Purchase,
    *,
    payee_id: UUID | None = None,
    paid_at: datetime | None = None,
) -> Line | None:
    """Weigh one payment of the wallet and award its acts; None when it was weighed before.

    Who works for the shop that she pays earns nothing by it: money to oneself is no act.
    """
    own = replace(purchase, home=purchase.home or purchase.country)
    added = _keep(person_id, "payment", payment_id, [own], weigh([own], corrections=corrections(person_id)))
    if added:
        Line.objects.filter(pk=added[0].pk).update(payee_id=payee_id, paid_at=paid_at)
        added[0].payee_id, added[0].paid_at = payee_id, paid_at
    if payee_id is None or not _works_for(person_id, payee_id):
        award_for(added, proven=payee_id is not None and _is_checked_shop(payee_id))
    if added:
        emit(
            "forest.accounted",
            subject_id=person_id,
            data={"payment_id": str(payment_id), "micrograms": added[0].micrograms, "category": added[0].category},
            key=str(payment_id),
        )
    return added[0] if added else None


def refund_payment(person_id: UUID, payment_id: UUID, refund_id: UUID, amount_minor: int, day: date) -> None:
    """Take the refunded share of a payment's footprint back, exactly all of it for a full refund, and its grams."""
    line = Line.objects.filter(person_id=person_id, origin="payment", origin_id=payment_id, amount_minor__lt=0).first()
    if line is None or Line.objects.filter(person_id=person_id, fingerprint=f"refund:{refund_id}").exists():
        return
    paid_minor = -line.amount_minor
    before_minor = (
        Line.objects.filter(person_id=person_id, origin="payment", origin_id=payment_id, amount_minor__gt=0).aggregate(
            total=Sum("amount_minor")
        )["total"]
        or 0
    )
    after_minor = min(before_minor + amount_minor, paid_minor)
    shares = (paid_minor, before_minor, after_minor)
    refund = Line(
        id=uuid7(),
        person_id=person_id,
        origin="payment",
        origin_id=payment_id,
        fingerprint=f"refund:{refund_id}",
        booked_on=day,
        amount_minor=after_minor - before_minor,
        currency=line.currency,
        exponent=line.exponent,
        text=line.text,
        mcc=line.mcc,
        country=line.country,
        home=line.home,
        merchant=line.merchant,
        corrected=line.corrected,
        category=line.category,
        item=line.item,
        factor=line.factor,
        counted=line.counted,
        assessed=line.assessed,
        probability=line.probability,
        micrograms=given_back(line.micrograms, *shares),
        # The purchase's bounds turned round, as the engine has it.
        low_micrograms=given_back(line.high_micrograms, *shares),
        high_micrograms=given_back(line.low_micrograms, *shares),
        reasons=[*line.reasons, {"step": "refund", "template": REFUNDED, "values": {}}],
        book=line.book,
        created_at=clock.now(),
    )
    if Line.objects.bulk_create([refund], ignore_conflicts=True):
        take_back([line.id])
        _award_what_stays(line)


def _award_what_stays(refunded: Line) -> None:
    """A ticket bought anew minutes after the one that was given back is an act of its own now."""
    if refunded.payee_id is None or refunded.paid_at is None or _works_for(refunded.person_id, refunded.payee_id):
        return
    own = Line.objects.filter(person_id=refunded.person_id, origin="payment")
    given_back = own.filter(amount_minor__gt=0).values("origin_id")
    near = own.filter(
        payee_id=refunded.payee_id,
        amount_minor__lt=0,
        paid_at__gt=refunded.paid_at - limits.ONE_ACT,
        paid_at__lt=refunded.paid_at + limits.ONE_ACT,
    ).exclude(origin_id__in=given_back)
    award_for(list(near.order_by("paid_at", "id")[:1]), proven=_is_checked_shop(refunded.payee_id))


def _works_for(person_id: UUID, payee_id: UUID) -> bool:
    return any(each.organisation_id == payee_id for each in identity.memberships(person_id))


def _is_checked_shop(payee_id: UUID) -> bool:
    shop = identity.organisations([payee_id]).get(payee_id)
    return shop is not None and shop.verified and not shop.frozen


def as_line(id: UUID, person_id: UUID, origin: str, origin_id: UUID, purchase: Purchase, weight: Weighed) -> Line:
    """A line that is not yet in the database."""
    return Line(
        id=id,
        person_id=person_id,
        origin=origin,
        origin_id=origin_id,
        fingerprint=purchase.fingerprint,
        booked_on=purchase.booked_on,
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        exponent=purchase.exponent,
        text=purchase.text,
        mcc=purchase.mcc or "",
        country=purchase.country or "",
        home=purchase.home or "",
        merchant=weight.merchant,
        corrected=weight.corrected,
        category=weight.category,
        item=weight.item,
        factor=weight.factor,
        counted=weight.counted,
        assessed=weight.assessed,
        probability=weight.probability,
        micrograms=weight.micrograms,
        low_micrograms=weight.low_micrograms,
        high_micrograms=weight.high_micrograms,
        reasons=weight.reasons,
        book=weight.book,
        share_from_percent=purchase.part.from_percent,
        share_to_percent=purchase.part.to_percent,
        created_at=clock.now(),
    )


def _keep(
    person_id: UUID, origin: str, origin_id: UUID, purchases: Sequence[Purchase], weighed: Sequence[Weighed]
) -> list[Line]:
    """Insert what is new; the lines that are."""
    rows = [
        as_line(uuid7(), person_id, origin, origin_id, purchase, weight)
        for purchase, weight in zip(purchases, weighed, strict=True)
    ]
    Line.objects.bulk_create(rows, batch_size=_ROWS_AN_INSERT, ignore_conflicts=True)
    kept = set(Line.objects.filter(person_id=person_id, pk__in=[row.id for row in rows]).values_list("pk", flat=True))
    return [row for row in rows if row.id in kept]


def _locked(person_id: UUID, upload_id: UUID) -> Upload:
    upload = Upload.objects.select_for_update().filter(pk=upload_id, person_id=person_id).first()
    if upload is None:
        raise not_found(_("There is no such statement among yours."), field="id")
    return upload


def _state_of(content: bytes, name: str, country: str, columns: Columns | None, *, waits_for_columns: bool) -> str:
    try:
        read_statement(content, name, country, columns)
    except Refusal as refusal:
        if refusal.code != "columns_unknown" or not waits_for_columns:
            raise
        return "columns"
    return "preview"


def _make_room(person_id: UUID) -> None:
    """Only a few previews wait at once; older ones are forgotten."""
    waiting = Upload.objects.filter(person_id=person_id, state__in=["columns", "preview"])
    surplus = list(waiting.order_by("-id").values_list("pk", flat=True)[limits.UPLOADS_WAITING_MAX - 1 :])
    Upload.objects.filter(pk__in=surplus).update(state="discarded", content=None)
