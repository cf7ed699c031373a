"""A courier's scans, also those made without a connection and sent later: each takes effect once, by its id."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from bocage.engines.parcels import NumberError, read_elements, read_link, read_s10, read_sscc, sscc_of
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.services.parcel import limits, steps
from bocage.services.parcel.actions import lockers
from bocage.services.parcel.actions.capturing import Rows, insert, require_carrier, tell_soon
from bocage.services.parcel.models import CourierTimeRow, DeliveryCode, ShipmentRow
from bocage.services.parcel.types import ENDED, Status, Verdict

# What a courier's phone can say: the step and disposition of the scan.
KINDS = {
    "accept": ("accepting", ""),
    "load": (steps.OUT_FOR_DELIVERY, ""),
    "deliver": (steps.DELIVERED, ""),
    "locker": (steps.AVAILABLE_FOR_PICKUP, ""),
    "nobody_home": (steps.ATTEMPT_FAILED, ""),
    "wrong_address": (steps.ATTEMPT_FAILED, "mismatch_instance"),
    "refused": (steps.ATTEMPT_FAILED, "unavailable"),
    "back": ("receiving", "returned"),
    "hub": ("arriving", ""),
}
# A later day, or another carrier, is another tour; what comes late of an earlier day changes nothing.
_TOUR_SQL = """
insert into parcel_tour as held (courier_id, carrier_id, begun_at, handed_over, last_at)
values (%(courier)s, %(carrier)s, %(begun)s, %(handed)s, %(last)s)
on conflict (courier_id) do update set (carrier_id, begun_at, handed_over, last_at) = (
    select excluded.carrier_id,
        case when is_new then excluded.begun_at else least(held.begun_at, excluded.begun_at) end,
        case when is_new then excluded.handed_over else held.handed_over + excluded.handed_over end,
        case when is_new then excluded.last_at else greatest(held.last_at, excluded.last_at) end
    from (select held.carrier_id <> excluded.carrier_id or (excluded.begun_at at time zone %(zone)s)::date
        > (held.begun_at at time zone %(zone)s)::date as is_new) as compared)
where held.carrier_id <> excluded.carrier_id
    or (excluded.begun_at at time zone %(zone)s)::date >= (held.begun_at at time zone %(zone)s)::date
"""
_TOKEN = re.compile(r"/parcel/t/([A-Z2-9]{20})\Z")


@dataclass(frozen=True)
class Scan:
    """One scan: its own id, the text of the code, what was done, when by the phone's clock, the receiver's code.

    `identity_seen`: the courier looked at the receiver's document.
    """

    id: UUID
    number: str
    kind: str
    at: datetime
    code: str = ""
    identity_seen: bool = False


def sync(organisation_id: UUID, courier_id: UUID | None, scans: Sequence[Scan]) -> list[Verdict]:
    """Take scans in the order of their times; a verdict each, in the order given. Sent again they change nothing.

    `courier_id` is None where a locker hands over.
    """
    if len(scans) > limits.SCANS_A_SYNC_MAX:
        raise Refusal(
            "too_many", _("Send %(most)d scans at a time.") % {"most": limits.SCANS_A_SYNC_MAX}, field="scans"
        )
    require_carrier(organisation_id)
    verdicts: dict[int, Verdict] = {}
    with acting_as(Actor.for_service("parcel")):
        parcels = _parcels(organisation_id, [each.number for each in scans])
        # All are locked in one order before any is looked at: two phones may bring the same parcel.
        ids = {row.id for row in parcels.values()}
        locked = {row.id: row for row in ShipmentRow.objects.select_for_update().filter(id__in=ids).order_by("id")}
        known = _known(scans, [row.sscc for row in locked.values() if row.sscc is not None])
        to_locker = {parcels[each.number].id for each in scans if each.kind == "locker" and each.number in parcels}
        taking = _Taking(courier_id, known, _codes(scans, parcels), lockers.kept_for(to_locker))
        for place, scan in sorted(enumerate(scans), key=lambda each: (each[1].at, each[0])):
            found = parcels.get(scan.number)
            verdicts[place] = taking.take(scan, locked[found.id] if found else None)
        if taking.loaded:
            ShipmentRow.objects.bulk_update(list(taking.loaded.values()), ["courier_id", "loaded_at"])
        CourierTimeRow.objects.bulk_create(taking.times)
        if courier_id is not None and (taking.loaded or taking.handed_at):
            _keep_tour(organisation_id, courier_id, taking)
        DeliveryCode.objects.bulk_update(taking.tried, ["wrong_tries"])
        if taking.filled:
            lockers.fill(taking.filled)
        if taking.emptied:
            lockers.empty(taking.emptied)
        _new, moved = insert(organisation_id, taking.rows)
        if moved:
            tell_soon()
    return [verdicts[place] for place in range(len(scans))]


def _keep_tour(carrier_id: UUID, courier_id: UUID, taking: "_Taking") -> None:
    """Where the courier's tour stands: one a day of the town, begun with the first parcel that was loaded."""
    loaded = [row.loaded_at for row in taking.loaded.values() if row.loaded_at is not None]
    begun = min([*loaded, *taking.handed_at])
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUR_SQL,
            {
                "courier": courier_id,
                "carrier": carrier_id,
                "begun": begun,
                "handed": len(taking.handed_at),
                "last": max(taking.handed_at, default=begun),
                "zone": settings.TOWN["time_zone"],
            },
        )


def forget_times() -> int:
    """Delete how long couriers took once it is too old to say anything; how many. Runs as Parcel."""
    return int(CourierTimeRow.objects.filter(at__lt=clock.now() - limits.COURIER_TIMES_KEPT).delete()[0])


class _Taking:
    """Scans looked at one after the other, and what is to be written of them at the end."""

    def __init__(
        self, courier_id: UUID | None, known: set[UUID], codes: dict[UUID, DeliveryCode], kept: set[UUID]
    ) -> None:
        self.courier_id, self.known, self.codes, self.kept = courier_id, known, codes, kept
        self.filled: dict[UUID, datetime] = {}
        self.emptied: dict[UUID, tuple[UUID, datetime]] = {}
        self.rows = Rows()
        self.loaded: dict[UUID, ShipmentRow] = {}
        self.times: list[CourierTimeRow] = []
        self.handed_at: list[datetime] = []
        self.tried: list[DeliveryCode] = []

    def take(self, scan: Scan, row: ShipmentRow | None) -> Verdict:
        if scan.id in self.known:
            return Verdict(scan.id, done=True, known=True)
        refusal = self._fault(scan, row)
        if refusal is not None:
            return Verdict(scan.id, done=False, code=refusal.code, says=str(refusal.message))
        assert row is not None and row.sscc is not None, "a parcel without a number is refused above"
        step, disposition = KINDS[scan.kind]
        self.known.add(scan.id)
        self.rows.add_scan(row.sscc, scan.at, scan.id, step, disposition)
        if scan.kind == "load" and (row.loaded_at is None or row.loaded_at <= scan.at):
            row.courier_id, row.loaded_at = self.courier_id, scan.at
            self.loaded[row.id] = row
        # What the last of them did to the compartment holds.
        if scan.kind == "locker":
            self.filled[row.id] = scan.at
            self.emptied.pop(row.id, None)
        if scan.kind in ("deliver", "back"):
            self.emptied[row.id] = scan.id, scan.at
            self.filled.pop(row.id, None)
        if scan.kind == "deliver" and row.loaded_at and timedelta() < scan.at - row.loaded_at <= limits.TOUR_LONGEST:
            seconds = max(round((scan.at - row.loaded_at).total_seconds()), 1)
            self.times.append(CourierTimeRow(carrier_id=row.carrier_id, at=scan.at, seconds=seconds))
        if scan.kind == "deliver":
            self.handed_at.append(scan.at)
            row.status = Status.DELIVERED  # for the scans of this sync that come after it; the insert writes it
        return Verdict(scan.id, done=True)

    def _fault(self, scan: Scan, row: ShipmentRow | None) -> Refusal | None:
        if row is None:
            return Refusal("unknown_parcel", _("No parcel of yours has this number."), field="number")
        if scan.kind not in KINDS:
            return Refusal("unknown_kind", _("This kind of scan does not exist."), field="kind")
        if not is_near(scan.at, clock.now()):
            return Refusal("time", _("The phone's clock is wrong. Set it and scan again."), field="at")
        if row.status in ENDED and scan.kind in ("accept", "load", "deliver", "locker"):
            return Refusal("ended", _("This parcel has arrived, gone back or been cancelled already."), field="number")
        if scan.kind == "locker" and row.id not in self.kept:
            unkept = _("No compartment is kept for this parcel. Bring it to the door.")
            return Refusal("no_compartment", unkept, field="number")
        if scan.kind == "deliver" and row.on_delivery_minor and not row.is_on_delivery_paid:
            unpaid = _("The receiver has not paid for it yet: on the parcel's page, then it opens.")
            return Refusal("not_paid", unpaid, field="number")
        if scan.kind == "deliver" and row.is_cool and row.was_warm_at is not None:
            warm = _("It was not kept cool on its way. Hand it over to nobody, and bring it back.")
            return Refusal("too_warm", warm, field="number")
        if scan.kind == "deliver" and row.needs_identity and not scan.identity_seen:
            unseen = _("Look at the receiver's document first, and tick that you did.")
            return Refusal("identity_due", unseen, field="identity_seen")
        return self._code_fault(scan, row) if scan.kind == "deliver" else None

    def _code_fault(self, scan: Scan, row: ShipmentRow) -> Refusal | None:
        held = self.codes.get(row.id)
        if held is None:  # it had arrived, its people are forgotten, and a late scan brought it back on its way
            return Refusal(
                "code_wrong", _("This parcel has no code any more. It goes back to the depot."), field="code"
            )
        if held.wrong_tries >= limits.CODE_ATTEMPTS_MAX:
            locked = _("Too many wrong codes. The receiver makes a new one on the parcel's page.")
            return Refusal("code_locked", locked, field="code")
        if compare_digest(held.code.encode(), scan.code.strip().encode()):
            return None
        if held not in self.tried:
            self.tried.append(held)
        held.wrong_tries += 1
        return Refusal("code_wrong", _("This is not the receiver's code. Ask again."), field="code")


def _codes(scans: Sequence[Scan], parcels: dict[str, ShipmentRow]) -> dict[UUID, DeliveryCode]:
    """The codes of what is said to be delivered, locked in one order."""
    ids = {parcels[scan.number].id for scan in scans if scan.kind == "deliver" and scan.number in parcels}
    if not ids:
        return {}
    held = DeliveryCode.objects.select_for_update().filter(shipment_id__in=ids).order_by("shipment_id")
    return {each.shipment_id: each for each in held}


def is_near(at: datetime, now: datetime) -> bool:
    """Whether a phone's clock may have said this: of a day that is kept, and hardly later than now."""
    return now - limits.SCANS_KEPT <= at <= now + limits.CLOCK_SLACK


def _parcels(organisation_id: UUID, numbers: Sequence[str]) -> dict[str, ShipmentRow]:
    """The carrier's parcel that each text names."""
    wanted: dict[str, tuple[str, object]] = {}
    for number in set(numbers):
        named = named_by(number)
        if named is not None:
            wanted[number] = named
    by_key: dict[tuple[str, object], ShipmentRow] = {}
    for column in ("sscc", "s10", "token"):
        keys = [value for name, value in wanted.values() if name == column]
        for row in ShipmentRow.objects.filter(carrier_id=organisation_id, status__gt=0, **{f"{column}__in": keys}):
            by_key[column, getattr(row, column)] = row
    return {number: by_key[key] for number, key in wanted.items() if key in by_key}


def named_by(text: str) -> tuple[str, object] | None:
    """The column and the value by which a scanned or typed text names a parcel; None where it names none."""
    text = text.strip()[:600]
    token = _TOKEN.search(text)
    if token:
        return "token", token[1]
    for read in (read_sscc, lambda each: read_elements(each)["00"], lambda each: read_link(each)["00"], _of_urn):
        try:
            return "sscc", int(read(text))
        except (NumberError, KeyError):
            continue
    try:
        return "s10", read_s10(text)
    except NumberError:
        return None


def _of_urn(text: str) -> str:
    found = sscc_of(text)
    if found is None:
        raise KeyError(text)
    return found


def _known(scans: Sequence[Scan], ssccs: Sequence[int]) -> set[UUID]:
    # An id is known within a day of its time: more than that would ask every day that is kept.
    # A phone whose clock is far off is refused later; its time would ask them, and there is no day before the first.
    now, slack = clock.now(), timedelta(days=1)
    times = [each.at for each in scans if is_near(each.at, now)]
    if not ssccs or not times:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select event_id from parcel_scan where sscc = any(%s) and event_id = any(%s) and at >= %s and at <= %s",
            [list(ssccs), [each.id for each in scans], min(times) - slack, max(times) + slack],
        )
        return {event_id for (event_id,) in cursor.fetchall()}
