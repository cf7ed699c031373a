"""Certificates that a person hands in: verified as a gate verifies them, kept encrypted with her own key, 14 days."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.engines import passes
from bocage.engines.passes import Kind, fhir
from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.keys import subject_keys
from bocage.services.health import limits, words
from bocage.services.health.actions import holders
from bocage.services.health.actions.deciding import CERTIFICATE_CONTEXT, day_of
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.actions.sources import require_agreed
from bocage.services.health.models import Certificate
from bocage.services.health.queries import gates

# SNOMED CT: not detected, detected (the value set covid-19-lab-result of the EU's certificates).
_OUTCOMES = {"260415000": "negative", "260373001": "positive"}


def hand_in(person_id: UUID, text: str) -> UUID:
    """Keep a certificate by the text of its code; its id. The same again answers the same.

    It is hers by name and date of birth (`holders`). Raises a `Refusal` that says in plain words why it is not taken.
    """
    require_agreed(person_id, "health.certificates")
    holder = holders.require_holder(person_id)
    text = text.strip()
    verdict = passes.verify(text, gates.trusted(), clock.now().timestamp())
    if verdict.kind not in {Kind.DCC, Kind.SHC} or not verdict.valid or verdict.content is None:
        step = verdict.failed.name if verdict.failed else "prefix"
        raise Refusal("bad_certificate", words.REFUSED[step], field="code")
    if not holders.is_of(holder, verdict.content):
        raise Refusal(
            "other_name",
            _("This certificate is in another name, or of another date of birth, than the ones you gave."),
            field="code",
        )
    content = _content(verdict.kind, verdict.content)
    sealed = subject_keys.encrypt(person_id, json.dumps(content).encode(), CERTIFICATE_CONTEXT)
    digest = sha256(text.encode()).hexdigest()
    with own_tables("health"):
        require_scheme()
        mine = Certificate.objects.filter(person_id=person_id)
        if mine.exclude(digest=digest).count() >= limits.CERTIFICATES_MAX:
            raise Refusal("too_many", _("You have ten certificates. Delete one first."), field="code")
        row, _made = Certificate.objects.get_or_create(
            person_id=person_id, digest=digest, defaults={"sealed": sealed, "at": clock.now()}
        )
    return row.id


def delete(person_id: UUID, certificate_id: UUID) -> None:
    """Delete one. Deleting again changes nothing."""
    with own_tables("health"):
        Certificate.objects.filter(person_id=person_id, id=certificate_id).delete()


def _content(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of it: its kind, its day, its outcome, its issuer, its end; not its name, nor its birthday."""
    if kind is Kind.SHC:
        test = fhir.deciding_test(given["resources"], clock.now().timestamp())
        if test:
            return {
                "kind": "test",
                "on": day_of(datetime.fromtimestamp(test.taken, UTC)).isoformat(),
                "outcome": _OUTCOMES.get(test.result, ""),
                "from": "",
                "until": "",
                "issuer": str(given["issuer"])[:200],
            }
        first = given["resources"][0] if given["resources"] else {}
        vaccination = first.get("resourceType") == "Immunization"
        return {
            "kind": "vaccination" if vaccination else "other",
            "on": _whole_day(str(first.get("occurrenceDateTime", ""))),
            "outcome": "",
            "from": "",
            "until": "",
            "issuer": str(given["issuer"])[:200],
        }
    entry = given["entry"]
    return {
        "kind": given["kind"],
        "on": _day_of_entry(given["kind"], entry),
        "outcome": _OUTCOMES.get(str(entry.get("tr", "")), ""),
        "from": str(entry.get("df", ""))[:10],
        "until": str(entry.get("du", ""))[:10],
        "issuer": str(entry.get("is") or given["issuer"])[:200],
    }


def _day_of_entry(kind: str, entry: Mapping[str, Any]) -> str:
    """The town's day of a test's instant; the day of a dose or of an infection as it is written."""
    if kind == "test":
        return day_of(datetime.fromisoformat(entry["sc"])).isoformat()
    return str(entry.get("dt") or entry.get("fr") or "")[:10]


def _whole_day(text: str) -> str:
    """The day of a FHIR dateTime; "" where it says a month or a year alone, or a day that there is not."""
    try:
        return date.fromisoformat(text[:10]).isoformat() if len(text) >= len("2021-06-30") else ""
    except ValueError:
        return ""
