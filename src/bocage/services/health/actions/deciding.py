"""Working a person's colour out, signing its record, and telling her that there is news."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from bocage.engines import epidemic
from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.keys import actions as keys
from bocage.kernel.keys import subject_keys
from bocage.kernel.notifications.actions import notify
from bocage.services.health import colouring, limits, rules
from bocage.services.health.actions import budgeting
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.models import (
    Appeal,
    Certificate,
    Decision,
    Due,
    ManualColour,
    Report,
    Scheme,
    Standing,
    Test,
)

SIGNING = "health.colour"
CERTIFICATE_CONTEXT = b"health certificate"
type _Answer = tuple[Literal["positive", "negative", "illness"], int]
_LOCK_SQL = "select pg_advisory_xact_lock(hashtext('health_decision'), hashtext(%s))"


@dataclass(frozen=True)
class _Known:
    """The rows that a colour rests on, as they stand."""

    scheme: Scheme
    rule: epidemic.Rule
    budget: colouring.Budget | None
    tests: list[Test]
    reports: list[Report]
    certificates: list[Certificate]
    standing: Standing | None
    manual: ManualColour | None
    appeals: list[Appeal]
    current: Decision | None


def current(person_id: UUID) -> Decision:
    """The decision that holds for the person, worked out anew where its facts have changed or its time is over.

    Raises a `Refusal` while no scheme is in force, and for whoever agreed to no source: then there is no pass.
    """
    if not has_pass(person_id):
        raise Refusal("no_pass", _("There is no pass: no source was agreed to."), status=403)
    known = _read(person_id)
    held, now = known.current, clock.now()
    facts = _facts(known, _evidence(person_id, known))
    if (
        held
        and held.signed_at <= now < held.valid_until
        and held.facts == facts
        and _appeal(known, facts) == _held(held)
        and json.loads(held.record)["rule"] == asdict(known.rule)
    ):
        return held
    return _decide(person_id, known)


def decide_due() -> int:
    """Work out the colours that wait for it, as the service, 200 at most; how many. Tells whose colour changed."""
    with own_tables("health"):
        if not Scheme.objects.filter(ended_at=None, sunset_at__gt=clock.now()).exists():
            return 0
        waiting = Due.objects.order_by("at").select_for_update(skip_locked=True)
        due = list(waiting.values_list("person_id", flat=True)[: limits.DECIDE_BATCH])
        Due.objects.filter(person_id__in=due).delete()
    for person_id in due:
        known = _read(person_id)
        before = known.current.colour if known.current else colouring.GREEN
        if _decide(person_id, known).colour != before:
            tell(person_id)
    return len(due)


def put_over_due() -> None:
    """Those whose decision is over, as the service: an appeal's deadline, a day that has passed."""
    with own_tables("health"):
        over = Decision.objects.filter(current=True, valid_until__lte=clock.now()).order_by("valid_until")
        put_due(*over.values_list("person_id", flat=True)[: limits.DECIDE_BATCH * 50])


def has_pass(person_id: UUID) -> bool:
    """Whether the person has agreed to any source; who has not has no colour. Inside or outside `own_tables`."""
    with connection.cursor() as cursor:
        cursor.execute("select bocage_granted(%s, 'health')", [person_id])
        return bool(cursor.fetchone()[0])


def put_due(*person_ids: UUID) -> None:
    """These are to be worked out again; inside `own_tables`."""
    now = clock.now()
    Due.objects.bulk_create([Due(person_id=each, at=now) for each in person_ids], ignore_conflicts=True)


def tell(person_id: UUID) -> None:
    """Say that there is news, in words that tell nothing of it: notifications outlive what they are about."""
    person = identity.persons([person_id]).get(person_id)
    with translation.override(person.language if person else settings.LANGUAGE_CODE):
        notify(person_id, _("Your health pass has news"), _("Open it to read what changed, and why."), "/health/")


def day_of(instant: datetime) -> date:
    """The town's calendar day of an instant."""
    return instant.astimezone(ZoneInfo(settings.TOWN["time_zone"])).date()


def _read(person_id: UUID) -> _Known:
    now = clock.now()
    with own_tables("health"):
        scheme = require_scheme()
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_SQL, [str(person_id)])
        rule, budget = budgeting.rule_of(scheme)
        return _Known(
            scheme=scheme,
            rule=rule,
            budget=budget,
            tests=list(Test.objects.filter(person_id=person_id).order_by("taken_at", "id")),
            reports=list(Report.objects.filter(person_id=person_id).order_by("at", "id")),
            certificates=list(Certificate.objects.filter(person_id=person_id).order_by("id")),
            standing=Standing.objects.filter(person_id=person_id).first(),
            manual=ManualColour.objects.filter(person_id=person_id, state="in_force", until__gt=now)
            .order_by("-at")
            .first(),
            appeals=list(Appeal.objects.filter(person_id=person_id).exclude(state="kept")),
            current=Decision.objects.filter(person_id=person_id, current=True).first(),
        )


def _evidence(person_id: UUID, known: _Known) -> epidemic.Evidence:
    """What the engine is to weigh: the last matching's exposures, and the person's own answers as they stand now."""
    day, window = clock.today(settings.TOWN["time_zone"]).toordinal(), rules.PARAMETERS.window_days
    matched = epidemic.loads(known.standing.evidence) if known.standing else None
    answers: set[_Answer] = {
        ("positive" if each.outcome == "positive" else "negative", day_of(each.taken_at).toordinal())
        for each in known.tests
        if each.outcome in {"positive", "negative"}
    }
    recovered, today = False, date.fromordinal(day).isoformat()
    for each in known.certificates:
        content = certificate_of(person_id, each)
        recovered = recovered or (content["kind"] == "recovery" and content["from"] <= today <= content["until"])
        if content["kind"] == "test" and content["outcome"] in {"positive", "negative"}:
            answers.add((content["outcome"], date.fromisoformat(content["on"]).toordinal()))
    # A certificate may be years old: what lies before the window says nothing of today.
    answers = {each for each in answers if day - window < each[1] <= day}
    # Who had it before may have it again: a positive test counts for more than a certificate of recovery.
    immune = recovered and not any(kind == "positive" for kind, _on in answers)
    ill = [each.since.toordinal() for each in known.reports if each.symptoms != ["none"]]
    ill = [each for each in ill if day - window < each <= day]
    if ill:
        answers.add(("illness", min(ill)))
    return epidemic.Evidence(
        day=day,
        exposures=tuple(each for each in (matched.exposures if matched else ()) if day - window < each.day <= day),
        answers=tuple(sorted(answers, key=lambda answer: (answer[1], answer[0]))),
        backward=_shifted(matched.backward, day - matched.day) if matched else (0.0,) * (window + 1),
        background_per_day=matched.background_per_day if matched else rules.BACKGROUND_A_DAY,
        enrolled=True,
        immune=immune,
        parameters=rules.PARAMETERS,
    )


def certificate_of(person_id: UUID, row: Certificate) -> dict[str, Any]:
    """What a certificate says, decrypted with its holder's key."""
    content: dict[str, Any] = json.loads(subject_keys.decrypt(person_id, bytes(row.sealed), CERTIFICATE_CONTEXT))
    return content


def _shifted(backward: tuple[float, ...], days: int) -> tuple[float, ...]:
    """The window has moved on by `days`: its first columns fall out, and of the new ones nothing is known."""
    window = len(backward) - 1
    moved = min(max(days, 0), window)
    return (*backward[moved:window], *(0.0,) * moved, backward[window])


def _facts(known: _Known, evidence: epidemic.Evidence) -> list[str]:
    """The digests of the rows that the evidence was read from: an appeal is about these."""
    facts = [colouring.digest(["test", each.digest]) for each in known.tests]
    facts += [colouring.digest(["report", str(each.id)]) for each in known.reports]
    facts += [colouring.digest(["certificate", each.digest]) for each in known.certificates]
    facts += sorted({colouring.digest(["exposure", each.day, each.place]) for each in evidence.exposures})
    if known.manual:
        facts.append(colouring.digest(["manual", str(known.manual.id)]))
    return sorted(facts)


def _appeal(known: _Known, facts: list[str]) -> colouring.Appealed | None:
    """The appeal that covers all of these facts; a new fact is not covered."""
    covering = [each.suspends_at for each in known.appeals if set(facts) <= set(each.facts)]
    return colouring.Appealed(min(covering)) if covering else None


def _held(held: Decision) -> colouring.Appealed | None:
    appeal = json.loads(held.record)["appeal"]
    return colouring.Appealed(datetime.fromisoformat(appeal["suspends_at"])) if appeal else None


def _decide(person_id: UUID, known: _Known) -> Decision:
    evidence = _evidence(person_id, known)
    facts = _facts(known, evidence)
    previous = json.loads(known.current.record)["decision"]["computed"] if known.current else colouring.GREEN
    record = colouring.record(
        evidence,
        rule=known.rule,
        budget=known.budget,
        scheme=str(known.scheme.id),
        scheme_ends_at=known.scheme.sunset_at,
        at=clock.now(),
        inputs=facts,
        previous=previous,
        manual=colouring.ByHand(known.manual.colour, known.manual.until) if known.manual else None,
        appeal=_appeal(known, facts),
    )
    text = colouring.canonical(record)
    signature = keys.sign(SIGNING, text.encode())
    with own_tables("health"):
        Decision.objects.filter(person_id=person_id, current=True).update(current=False)
        return Decision.objects.create(
            person_id=person_id,
            colour=record["decision"]["colour"],
            record=text,
            facts=facts,
            key_id=signature.key_id,
            signature=signature.value,
            signed_at=signature.signed_at,
            valid_until=datetime.fromisoformat(record["decision"]["valid_until"]),
        )
