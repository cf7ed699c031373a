"""Statements and payments become lines with a footprint. Nothing of a statement stays that was not confirmed."""

import hashlib
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.ids import uuid7
from bocage.kernel.keys import subject_keys
from bocage.services.forest import limits
from bocage.services.forest.actions.earning import award_for, take_back, take_back_refunded
from bocage.services.forest.models import Line, Upload
from bocage.services.forest.reading import content_of, earlier_than, fresh_of, purchases_of, read_statement
from bocage.services.forest.weighing import Purchase, Weighed, weigh

_ROWS_AN_INSERT = 500
REFUNDED = "Money came back: this share of the purchase's footprint goes with it."


def receive(person_id: UUID, upload_id: UUID, name: str, content: bytes, country: str) -> Upload:
    """Take a statement in for a preview, encrypted with the person's key; the same id and bytes again change nothing.

    Raises `Refusal` (bad_statement) naming file, line and field for what is not a statement.
    """
    name = name.replace("\0", "")[-limits.NAME_CHARACTERS_MAX :] or "statement"
    digest = hashlib.sha256(content).hexdigest()
    found = Upload.objects.filter(pk=upload_id).first()
    if found is not None:
        if (found.person_id, found.digest, found.country) != (person_id, digest, country):
            raise conflict("id_conflict", _("This id is another file's."), field="id")
        return found
    read_statement(content, name)
    _make_room(person_id)
    return Upload.objects.create(
        id=upload_id,
        person_id=person_id,
        name=name,
        digest=digest,
        country=country,
        content=subject_keys.encrypt(person_id, content, upload_id.bytes),
        created_at=clock.now(),
    )


def confirm(person_id: UUID, upload_id: UUID, *, rewarded: bool) -> Upload:
    """Keep the statement's new lines, and forget the file. Confirming twice keeps them once.

    `rewarded`: the person agreed to `forest.grow`, so acts among the lines earn grams.
    """
    upload = _locked(person_id, upload_id)
    if upload.state == "confirmed":
        return upload
    statement = read_statement(content_of(upload), upload.name)
    purchases = purchases_of(statement)
    fresh = fresh_of(person_id, purchases)
    weighed = weigh(fresh, upload.country, earlier_than(person_id, fresh))
    added = _keep(person_id, "statement", upload.id, fresh, weighed)
    if rewarded:
        award_for(added)
    take_back_refunded(added)
    upload.state, upload.confirmed_at, upload.content = "confirmed", clock.now(), None
    upload.lines_added = len(added)
    upload.lines_known = len(purchases) - len(added)
    upload.lines_bad = len(statement.bad_lines)
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
    if upload.state == "preview":
        upload.state, upload.content = "discarded", None
        upload.save(update_fields=["state", "content"])


def keep_payment(person_id: UUID, payment_id: UUID, purchase: Purchase) -> Line | None:
    """Weigh one payment of the wallet and award its acts; None when it was weighed before."""
    added = _keep(person_id, "payment", payment_id, [purchase], weigh([purchase], purchase.country or ""))
    award_for(added)
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

    def part(micrograms: int) -> int:
        # The difference of two running shares, so that refunds in parts add up to the whole without a remainder.
        return micrograms * before_minor // paid_minor - micrograms * after_minor // paid_minor

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
        category=line.category,
        item=line.item,
        factor=line.factor,
        counted=line.counted,
        assessed=line.assessed,
        probability=line.probability,
        micrograms=part(line.micrograms),
        low_micrograms=part(line.low_micrograms),
        high_micrograms=part(line.high_micrograms),
        reasons=[*line.reasons, {"step": "refund", "template": REFUNDED, "values": {}}],
        book=line.book,
        created_at=clock.now(),
    )
    if Line.objects.bulk_create([refund], ignore_conflicts=True):
        take_back([line.id])


def _keep(
    person_id: UUID, origin: str, origin_id: UUID, purchases: Sequence[Purchase], weighed: Sequence[Weighed]
) -> list[Line]:
    """Insert what is new; the lines that are."""
    rows = [
        Line(
            id=uuid7(),
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
            created_at=clock.now(),
        )
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


def _make_room(person_id: UUID) -> None:
    """Only a few previews wait at once; older ones are forgotten."""
    waiting = Upload.objects.filter(person_id=person_id, state="preview").order_by("-id").values_list("pk", flat=True)
    surplus = list(waiting[limits.UPLOADS_WAITING_MAX - 1 :])
    Upload.objects.filter(pk__in=surplus).update(state="discarded", content=None)
