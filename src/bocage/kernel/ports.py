"""Ports: what one service asks another, each a typed Protocol that one manifest offers and another needs.

`port(PaymentHistory, needed_by="forest").payments(subject, since, until)` asks for the subject's consent to the purpose
that forest's manifest names, runs the offering service's implementation as the subject sees it, and leaves a receipt.
Every method of a port takes the subject's id first; there is no way to ask about somebody without naming them. A port
marked `of_nobody` answers what is public and about no person (works on a road): its need names no purpose, its methods
take no subject, and it leaves no receipt.
"""

from collections.abc import Callable, Collection, Sized
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Protocol, cast
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import manifest
from bocage.kernel.acting import Actor, acting_as, current_actor
from bocage.kernel.consent.purposes import consent_needed
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.consent.receipts import record_read
from bocage.kernel.errors import forbidden


@dataclass(frozen=True)
class GivenBack:
    """A part of a payment that came back, in the payment's own units; `id` is the refund's."""

    id: UUID
    refunded_at: datetime
    amount_minor: int


@dataclass(frozen=True)
class PaymentRecord:
    """A payment that its subject made: `amount_minor` in units of 10^-`exponent` of `currency` (ISO 4217).

    `mcc` is the payee's kind of business (ISO 18245), `country` where it is (ISO 3166-1 alpha-2); "" where unknown.
    `refunds` are those made until now, oldest first.
    """

    id: UUID
    paid_at: datetime
    payee_id: UUID
    payee_name: str
    mcc: str
    country: str
    amount_minor: int
    currency: str
    exponent: int
    memo: str
    refunds: tuple[GivenBack, ...] = ()


class PaymentHistory(Protocol):
    """The payments that a subject made."""

    def payments(self, subject_id: UUID, since: datetime, until: datetime) -> list[PaymentRecord]:
        """Those paid from `since` up to, not including, `until`; oldest first."""


class FootprintNotes(Protocol):
    """What a subject's payments weigh in greenhouse gas."""

    def grams_for(self, subject_id: UUID, payment_ids: Collection[UUID]) -> dict[UUID, int]:
        """Grams of CO2e of each payment that has been accounted for; the others are left out."""


def of_nobody[P: type](protocol: P) -> P:
    """Mark a port that answers nothing about any person."""
    _of_nobody.add(protocol)
    return protocol


_of_nobody: set[type] = set()


def is_of_nobody(protocol: type) -> bool:
    """Whether the port answers nothing about any person."""
    return protocol in _of_nobody


@dataclass(frozen=True)
class TravelCondition:
    """What may slow whoever travels on a street: `kind` is works or an alert's kind, `closes` what works close
    (street, lane, footway, parking, nothing; "" for an alert). `until` None: nobody knows.

    `x_m`, `y_m` are metres on the town's map, None where unknown; `id` stays the same while it lasts.
    """

    id: str
    kind: str
    title: str
    street: str
    closes: str
    x_m: float | None
    y_m: float | None
    since: datetime
    until: datetime | None


@of_nobody
class TravelConditions(Protocol):
    """What slows travel in town: works that are planned, and open alerts on its roads."""

    def conditions(self, since: datetime, until: datetime) -> list[TravelCondition]:
        """Those that hold at some time from `since` up to, not including, `until`; the earliest first."""


@dataclass(frozen=True)
class DrawnStreet:
    """A street as a line: `kind` is street, main, path or water; points are metres east and north of a zero."""

    name: str
    kind: str
    points_m: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class StreetSheet:
    """The town's streets, and the frame that they lie in. `origin` is the latitude and longitude of the zero, where
    somebody wrote it down: without it no place on earth can be found on the sheet.
    """

    streets: tuple[DrawnStreet, ...]
    west_m: float
    south_m: float
    width_m: float
    height_m: float
    origin: tuple[float, float] | None


@of_nobody
class TownStreets(Protocol):
    """The map of the town, drawn by itself."""

    def sheet(self) -> StreetSheet:
        """All of it; without streets where the town has no map."""


@dataclass(frozen=True)
class DeliveryQuote:
    """What a carrier asks for a parcel: `amount_minor` of `currency`, at the door by `due_on`.

    `speed` is same_day, next_day or economy; `lines` are the steps of the sum: what for, how many, minor units.
    """

    carrier_id: UUID
    carrier_name: str
    speed: str
    amount_minor: int
    currency: str
    due_on: date
    lines: tuple[tuple[str, int, int], ...]


class DeliveryQuotes(Protocol):
    """What it costs to have a parcel brought."""

    def quotes(self, subject_id: UUID, from_postcode: str, to_postcode: str, weight_grams: int) -> list[DeliveryQuote]:
        """What carriers ask a sender, the cheapest first."""


class PortNotDeclared(Exception):
    """A programming error: a port that is asked without being needed, or needed without being offered."""


def port[P](protocol: type[P], *, needed_by: str) -> P:
    """The implementation of `protocol` that some service offers, guarded for the service `needed_by`.

    Raises PortNotDeclared when `needed_by` declares no need of it, or when not exactly one service offers it. A call
    raises a Refusal (403 consent_needed) where the subject has not agreed to the purpose of the need.
    """
    asking = manifest.service(needed_by)
    need = next((each for each in asking.needs if each.port is protocol), None)
    if need is None:
        raise PortNotDeclared(f"{needed_by} does not declare that it needs {protocol.__name__}: add it to `needs`")
    offers = [offer.implementation for each in manifest.services() for offer in each.offers if offer.port is protocol]
    if len(offers) != 1:
        raise PortNotDeclared(f"{len(offers)} services offer {protocol.__name__}; there must be one")
    if need.purpose is None:
        return cast(P, _Open(offers[0], protocol))
    return cast(P, _Guarded(offers[0], protocol, need.purpose, needed_by))


def methods_of(protocol: type) -> list[str]:
    """The names of what a port answers, sorted."""
    return sorted(name for name, member in vars(protocol).items() if callable(member) and not name.startswith("_"))


class _Open:
    """A port about nobody: asked as nobody, so that no row of anybody can be in the answer."""

    def __init__(self, implementation: object, protocol: type) -> None:
        self._implementation = implementation
        self._protocol = protocol

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in methods_of(self._protocol):
            raise AttributeError(f"{self._protocol.__name__} has no {name}")
        answer = getattr(self._implementation, name)

        @wraps(answer)
        def ask(*arguments: Any, **named: Any) -> Any:
            with acting_as(Actor.nobody()):
                return answer(*arguments, **named)

        return ask


class _Guarded:
    def __init__(self, implementation: object, protocol: type, purpose: str, needed_by: str) -> None:
        self._implementation = implementation
        self._protocol = protocol
        self._purpose = purpose
        self._needed_by = needed_by

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in methods_of(self._protocol):
            raise AttributeError(f"{self._protocol.__name__} has no {name}")
        answer = getattr(self._implementation, name)

        @wraps(answer)
        def ask(subject_id: UUID, *arguments: Any, **named: Any) -> Any:
            self._check(subject_id)
            with acting_as(Actor(subject_id=subject_id)):
                found = answer(subject_id, *arguments, **named)
            what = f"{self._protocol.__name__}.{name}"
            record_read(subject_id, self._needed_by, self._purpose, what, _count(found))
            return found

        return ask

    def _check(self, subject_id: UUID) -> None:
        present = current_actor()
        if present.subject_id is not None and present.subject_id != subject_id:
            raise forbidden(_("You may ask for your own data only."))
        if not is_granted(subject_id, self._purpose):
            raise consent_needed(self._purpose)


def _count(found: object) -> int:
    return len(found) if isinstance(found, Sized) else 1
