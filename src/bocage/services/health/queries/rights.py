"""A person's rights over what Health holds."""

from typing import Any
from uuid import UUID

from bocage.kernel.acting import own_tables
from bocage.services.health import types
from bocage.services.health.actions import holders
from bocage.services.health.actions.deciding import certificate_of
from bocage.services.health.models import (
    Appeal,
    Certificate,
    CheckIn,
    Decision,
    Due,
    Holder,
    HouseholdNotice,
    Housemate,
    IssuedName,
    ManualColour,
    Report,
    Standing,
    Test,
)

PERSONAL = (
    CheckIn,
    Report,
    Test,
    Standing,
    Certificate,
    Decision,
    Appeal,
    ManualColour,
    Due,
    Holder,
    HouseholdNotice,
    Housemate,
    IssuedName,
)


def export(person_id: UUID) -> dict[str, Any]:
    """Everything held of the person, 14 days at most."""
    with own_tables("health"):
        certificates = list(Certificate.objects.filter(person_id=person_id).order_by("pk"))
        found = {
            "check_ins": _rows(CheckIn, person_id, "id", "venue_id", "arrived_at", "left_at"),
            "reports": _rows(Report, person_id, "id", "symptoms", "since", "at"),
            "tests": _rows(Test, person_id, "id", "laboratory_id", "kind", "outcome", "taken_at", "revision"),
            "matched": _rows(Standing, person_id, "evidence", "at"),
            "decisions": _rows(Decision, person_id, "id", "colour", "record", "signed_at"),
            "appeals": _rows(Appeal, person_id, "id", "words", "state", "answer", "at"),
            "lives_with": _rows(Housemate, person_id, "other_id", "at"),
            "told_to_live_with": _rows(HouseholdNotice, person_id, "other_id", "at"),
            "set_by_hand": _rows(ManualColour, person_id, "id", "colour", "reason", "state", "until", "at"),
        }
    # Their keys are the kernel's, which Health's own role does not read.
    return found | {
        "certificates": [certificate_of(person_id, row) for row in certificates],
        "name": _named(holders.holder_of(person_id)),
        "issued_in_the_name": _named(holders.issued_name(person_id)),
    }


def _named(name: types.Holder | None) -> dict[str, str] | None:
    return {"given": name.given, "family": name.family, "born": name.born.isoformat()} if name else None


def _rows(table: type[Any], person_id: UUID, *columns: str) -> list[dict[str, Any]]:
    return list(table.objects.filter(person_id=person_id).order_by("pk").values(*columns))
