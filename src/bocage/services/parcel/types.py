"""What parcels show to everybody else. Weights in grams, amounts in minor units of `currency`."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID


class Status(IntEnum):
    """Where a parcel stands, coarsely. The number is the rank: of two scans of one moment the higher one counts."""

    DRAFT = 0
    ANNOUNCED = 10
    ACCEPTED = 20
    IN_TRANSIT = 30
    EXCEPTION = 40
    OUT_FOR_DELIVERY = 50
    ATTEMPT_FAILED = 60
    AVAILABLE_FOR_PICKUP = 65
    RETURNED = 70
    DELIVERED = 80
    CANCELLED = 90


ENDED = frozenset({Status.DELIVERED, Status.RETURNED, Status.CANCELLED})


class Speed(StrEnum):
    """How soon a parcel is due at its door."""

    SAME_DAY = "same_day"
    NEXT_DAY = "next_day"
    ECONOMY = "economy"


class Zone(StrEnum):
    """How far a parcel goes, by the postcodes of both ends."""

    QUARTER = "quarter"
    TOWN = "town"
    COUNTRY = "country"


class ClaimReason(StrEnum):
    """What a sender may say is wrong with how a parcel was carried."""

    DAMAGED = "damaged"
    LOST = "lost"
    LATE = "late"


class ProofKind(StrEnum):
    """What shows that a parcel was handed over, beside its code."""

    PHOTO = "photo"
    SIGNATURE = "signature"


class Size(IntEnum):
    """How large a locker's compartment is; a parcel fits into those of its own size and larger ones."""

    SMALL = 1
    MEDIUM = 2
    LARGE = 3


@dataclass(frozen=True)
class Address:
    """Somebody's door."""

    name: str
    street: str
    postcode: str
    city: str


@dataclass(frozen=True)
class PriceLine:
    """One step of a price's sum: what it is for (`code`, with its `count`) and what it adds."""

    code: str
    count: int
    amount_minor: int


@dataclass(frozen=True)
class Quote:
    """What a carrier asks for a parcel at one speed, and how that came about; due at the door by `due_on`."""

    carrier_id: UUID
    carrier_name: str
    speed: Speed
    zone: Zone
    lines: tuple[PriceLine, ...]
    currency: str
    due_on: date

    @property
    def amount_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True)
class Carrier:
    """An organisation that carries parcels, with its GS1 company prefix and the letters of its S10 numbers."""

    id: UUID
    name: str
    company_prefix: str
    s10_service: str
    country: str


@dataclass(frozen=True)
class Shipment:
    """A parcel. `code` is the delivery code, for its receiver (and for a sender whose receiver has no account).

    `is_code_locked`: it was tried wrongly too often, and a new one is due. `is_taken`: the carrier has its money.
    `on_delivery_minor`: what its receiver pays the sender before the door opens.
    """

    id: UUID
    sender_id: UUID
    receiver_id: UUID | None
    carrier_id: UUID
    carrier_name: str
    courier_id: UUID | None
    sender: Address
    receiver: Address
    note: str
    weight_grams: int
    zone: Zone
    speed: Speed
    amount_minor: int
    currency: str
    lines: tuple[PriceLine, ...]
    sscc: str
    s10: str
    token: str
    status: Status
    step: str
    place: str
    moved_at: datetime | None
    due_on: date | None
    created_at: datetime
    is_demo: bool
    is_taken: bool = False
    code: str = ""
    is_code_locked: bool = False
    needs_identity: bool = False
    is_cool: bool = False
    was_warm_at: datetime | None = None
    loaded_at: datetime | None = None
    on_delivery_minor: int = 0
    is_on_delivery_paid: bool = False

    @property
    def ended(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True)
class Arrival:
    """Between when and when a parcel comes, in four of five cases."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Live:
    """Where the courier is who has a parcel with her (degrees, to about a hundred metres), since when, and how many
    doors come before its own on the tour.
    """

    latitude: float
    longitude: float
    at: datetime
    doors_before: int


@dataclass(frozen=True)
class Moment:
    """One scan of a parcel's story."""

    event_id: UUID
    at: datetime
    status: Status | None
    step: str
    disposition: str
    place: str


@dataclass(frozen=True)
class Problem:
    """A parcel that needs somebody: `kind` is too_warm, exception, late, no_movement or never_seen."""

    shipment: Shipment
    kind: str


@dataclass(frozen=True)
class Captured:
    """What a capture did: events read, scans that are new, scans known before."""

    events: int
    new: int
    known: int


@dataclass(frozen=True)
class Verdict:
    """What became of one scan of a courier: done, known (taken before) or refused with a code and words."""

    id: UUID
    done: bool
    known: bool = False
    code: str = ""
    says: str = ""


@dataclass(frozen=True)
class Locker:
    """A carrier's locker: where it stands, and of each size how many compartments are `free` of how many there are."""

    id: UUID
    name: str
    street: str
    postcode: str
    city: str
    is_open: bool
    free: dict[Size, int]
    total: dict[Size, int]

    def has_room(self, size: Size) -> bool:
        """Whether a parcel of this size finds a compartment."""
        return self.is_open and any(count for each, count in self.free.items() if each >= size)


@dataclass(frozen=True)
class Compartment:
    """Where a parcel lies or will lie: until when it is kept (`until`), and whether it is in there (`is_filled`)."""

    locker: Locker
    number: int
    until: datetime
    is_filled: bool
