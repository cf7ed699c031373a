"""Parcel's tables; private to it. Scans have none here: they lie in a partition a day (migrations/0002_scans.py)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bocage.kernel.clock import now
from bocage.services.parcel import limits
from bocage.services.parcel.types import ENDED, ProofKind, Size, Speed, Status, Zone

_AT_REST = sorted([Status.DRAFT, *ENDED])


def _one_of(field: str, values: list[str] | list[int], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


class CarrierRow(models.Model):
    """An organisation that carries parcels, and the next serial number of its labels."""

    organisation_id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    company_prefix = models.CharField(max_length=12, unique=True)
    s10_service = models.CharField(max_length=2)
    country = models.CharField(max_length=2)
    next_serial = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(default=now)

    class Meta:
        db_table = "parcel_carrier"
        constraints = [
            models.UniqueConstraint(fields=["s10_service", "country"], name="parcel_carrier_s10"),
            models.CheckConstraint(condition=Q(next_serial__gte=1), name="parcel_carrier_serial"),
        ]


class ShipmentRow(models.Model):
    """A parcel between a sender, a receiver and a carrier. `id` is the sender's key, so it is made once.

    `status`, `step`, `place`, `moved_at` and `moved_by` (the event) are of the latest scan, by time and rank. `told` is
    the status that the receiver was told of; `is_taken`: the carrier has its money. `sender_erased` and
    `receiver_erased`: erased while it was on its way, to be forgotten once it has arrived. `was_corrected`: one of its
    scans was declared an error, so that its status is worked out from all the others. The delivery code is in a table
    of its own, which no carrier reads.

    `on_delivery_minor`: what the receiver pays the sender before the door opens; paid, it is kept in escrow until it is
    settled, the sender's with the delivery; without one the receiver has it again, which `on_delivery_returns` counts.

    `needs_identity`: handed over to the receiver alone, whose document the courier looked at. `is_cool`: kept at 2 to 8
    degrees; `was_warm_at` says when a sensor first saw that it was not.

    Each scan changes a row, so no index has what most scans change (`status`, `moved_at`, ...) and PostgreSQL leaves
    the indexes alone; `is_running`, which an index has, changes when a parcel is paid for and when it has arrived.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    sender_id = models.UUIDField()
    receiver_id = models.UUIDField(null=True)
    carrier_id = models.UUIDField()
    courier_id = models.UUIDField(null=True)
    sender_name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    sender_street = models.CharField(max_length=limits.STREET_CHARACTERS_MAX)
    sender_postcode = models.CharField(max_length=limits.POSTCODE_CHARACTERS_MAX)
    sender_city = models.CharField(max_length=limits.CITY_CHARACTERS_MAX)
    receiver_name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    receiver_street = models.CharField(max_length=limits.STREET_CHARACTERS_MAX)
    receiver_postcode = models.CharField(max_length=limits.POSTCODE_CHARACTERS_MAX)
    receiver_city = models.CharField(max_length=limits.CITY_CHARACTERS_MAX)
    note = models.CharField(max_length=limits.NOTE_CHARACTERS_MAX, blank=True, default="")
    weight_grams = models.IntegerField()
    zone = models.CharField(max_length=8)
    speed = models.CharField(max_length=8)
    amount_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    lines = models.JSONField(default=list)
    sscc = models.BigIntegerField(null=True, unique=True)
    s10 = models.CharField(max_length=13, null=True)
    token = models.CharField(max_length=26)
    status = models.SmallIntegerField(default=Status.DRAFT)
    step = models.SmallIntegerField(default=0)
    disposition = models.SmallIntegerField(default=0)
    place_id = models.IntegerField(null=True)
    moved_at = models.DateTimeField(null=True)
    moved_by = models.UUIDField(null=True)
    was_corrected = models.BooleanField(default=False)
    on_delivery_minor = models.BigIntegerField(default=0)
    is_on_delivery_paid = models.BooleanField(default=False)
    is_on_delivery_settled = models.BooleanField(default=False)
    on_delivery_returns = models.SmallIntegerField(default=0)
    needs_identity = models.BooleanField(default=False)
    is_cool = models.BooleanField(default=False)
    was_warm_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True)
    told = models.SmallIntegerField(default=Status.DRAFT)
    is_taken = models.BooleanField(default=False)
    due_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=now)
    is_demo = models.BooleanField(default=False)
    sender_erased = models.BooleanField(default=False)
    receiver_erased = models.BooleanField(default=False)
    is_running = models.GeneratedField(
        expression=models.ExpressionWrapper(~Q(status__in=_AT_REST), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        db_table = "parcel_shipment"
        constraints = [
            _one_of("zone", [each.value for each in Zone], "parcel_shipment_zone"),
            _one_of("speed", [each.value for each in Speed], "parcel_shipment_speed"),
            _one_of("status", [each.value for each in Status], "parcel_shipment_status"),
            models.CheckConstraint(
                condition=Q(weight_grams__gt=0, weight_grams__lte=limits.WEIGHT_GRAMS_MAX),
                name="parcel_shipment_weight",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT) | Q(sscc__isnull=False, s10__isnull=False, due_on__isnull=False),
                name="parcel_shipment_has_numbers",
            ),
            models.CheckConstraint(
                condition=Q(on_delivery_minor=0)
                | Q(
                    on_delivery_minor__gt=0,
                    on_delivery_minor__lte=limits.ON_DELIVERY_MINOR_MAX,
                    receiver_id__isnull=False,
                ),
                name="parcel_shipment_on_delivery",
            ),
            # Not `unique=True` on the fields, for which Django adds a second index each, for LIKE.
            models.UniqueConstraint(fields=["s10"], name="parcel_shipment_s10"),
            models.UniqueConstraint(fields=["token"], name="parcel_shipment_token"),
        ]
        indexes = [
            models.Index(fields=["sender_id", "-created_at"], name="parcel_shipment_sent"),
            models.Index(fields=["receiver_id", "-created_at"], name="parcel_shipment_received"),
            models.Index(fields=["carrier_id", "due_on"], condition=Q(is_running=True), name="parcel_shipment_running"),
            models.Index(fields=["courier_id"], condition=Q(is_running=True), name="parcel_shipment_tour"),
            models.Index(
                fields=["id"], condition=Q(sender_erased=True) | Q(receiver_erased=True), name="parcel_shipment_erased"
            ),
        ]


class DeliveryCode(models.Model):
    """The code that the receiver says at the door; after five wrong tries it opens no door until it is made anew."""

    shipment_id = models.UUIDField(primary_key=True, editable=False)
    owner_id = models.UUIDField()
    code = models.CharField(max_length=6)
    wrong_tries = models.SmallIntegerField(default=0)
    times_anew = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "parcel_delivery_code"


class UntoldRow(models.Model):
    """A parcel whose status changed since its receiver was told of one. `tried_at`: when that last failed."""

    shipment_id = models.UUIDField(primary_key=True, editable=False)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "parcel_untold"
        indexes = [models.Index(fields=["tried_at", "shipment_id"], name="parcel_untold_next")]


class LockerRow(models.Model):
    """A carrier's locker. A closed one takes no more parcels; those inside are fetched as ever."""

    id = models.UUIDField(primary_key=True, editable=False)
    carrier_id = models.UUIDField()
    name = models.CharField(max_length=limits.NAME_CHARACTERS_MAX)
    street = models.CharField(max_length=limits.STREET_CHARACTERS_MAX)
    postcode = models.CharField(max_length=limits.POSTCODE_CHARACTERS_MAX)
    city = models.CharField(max_length=limits.CITY_CHARACTERS_MAX)
    is_open = models.BooleanField(default=True)

    class Meta:
        db_table = "parcel_locker"
        indexes = [models.Index(fields=["carrier_id", "name"], name="parcel_locker_carrier")]


class CompartmentRow(models.Model):
    """One compartment, and the parcel that it is kept for until `until`; `filled_at`: since when it lies inside.

    `opened_by` is the question that it was opened for last, so that the same question is answered the same again.
    """

    locker = models.ForeignKey(LockerRow, on_delete=models.CASCADE)
    number = models.SmallIntegerField()
    size = models.SmallIntegerField()
    shipment_id = models.UUIDField(null=True, unique=True)
    until = models.DateTimeField(null=True)
    filled_at = models.DateTimeField(null=True)
    opened_by = models.UUIDField(null=True)

    class Meta:
        db_table = "parcel_compartment"
        constraints = [
            models.UniqueConstraint(fields=["locker", "number"], name="parcel_compartment_number"),
            _one_of("size", [each.value for each in Size], "parcel_compartment_size"),
            models.CheckConstraint(
                condition=Q(shipment_id=None, until=None, filled_at=None)
                | Q(shipment_id__isnull=False, until__isnull=False),
                name="parcel_compartment_kept",
            ),
        ]
        indexes = [models.Index(fields=["until"], condition=Q(until__isnull=False), name="parcel_compartment_until")]


class CourierTimeRow(models.Model):
    """How long a courier of a carrier took from loading a parcel to handing it over; whose it was is not kept."""

    carrier_id = models.UUIDField()
    at = models.DateTimeField()
    seconds = models.IntegerField()

    class Meta:
        db_table = "parcel_courier_time"
        indexes = [models.Index(fields=["carrier_id", "-at"], name="parcel_courier_time_latest")]
        constraints = [models.CheckConstraint(condition=Q(seconds__gt=0), name="parcel_courier_time_forward")]


class TourRow(models.Model):
    """A courier's present tour: when the first parcel was loaded, how many were handed over, and when the last was."""

    courier_id = models.UUIDField(primary_key=True, editable=False)
    carrier_id = models.UUIDField()
    begun_at = models.DateTimeField()
    handed_over = models.IntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        db_table = "parcel_tour"


class TourTimeRow(models.Model):
    """What was known at a moment of a finished tour about a parcel ahead, and what came; whose it was is not kept.

    `known` are the features of `engines.arrivals`, in their order; `seconds` from that moment to the door.
    """

    carrier_id = models.UUIDField()
    day = models.DateField()
    known = ArrayField(models.FloatField(), size=7)
    seconds = models.FloatField()

    class Meta:
        db_table = "parcel_tour_time"
        indexes = [models.Index(fields=["carrier_id", "day"], name="parcel_tour_time_day")]


class PositionRow(models.Model):
    """Where a courier is who lets the receivers of her tour see it: the last place alone, to about a hundred metres."""

    courier_id = models.UUIDField(primary_key=True, editable=False)
    carrier_id = models.UUIDField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        db_table = "parcel_position"


class ProofRow(models.Model):
    """A picture of a delivery: a file of `owner_id`, who is its receiver, or the sender of one without an account.

    `event_id` is the scan that handed the parcel over. Sender and receiver read it; the carrier, who made it, does not.
    """

    shipment_id = models.UUIDField()
    owner_id = models.UUIDField()
    event_id = models.UUIDField()
    kind = models.CharField(max_length=9)
    blob_id = models.UUIDField()
    at = models.DateTimeField()
    delete_after = models.DateTimeField()

    class Meta:
        db_table = "parcel_proof"
        constraints = [
            _one_of("kind", [each.value for each in ProofKind], "parcel_proof_kind"),
            models.UniqueConstraint(fields=["event_id", "kind"], name="parcel_proof_once"),
        ]
        indexes = [
            models.Index(fields=["shipment_id", "kind", "-at"], name="parcel_proof_shipment"),
            models.Index(fields=["owner_id"], name="parcel_proof_owner"),
            models.Index(fields=["delete_after"], name="parcel_proof_due"),
        ]
