"""Changing a kind's rule: tried on a day of the stream, proposed, and put in force by a second person."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bocage.engines import alerts as engine
from bocage.engines.alerts import Rule, What
from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.services.city import limits, reading, rulebook
from bocage.services.city.models import RuleChange, Trial

CHANGES_CHARACTERS_MAX = 3_000


def check(kind: str, changes: Mapping[str, Any]) -> tuple[Rule, Rule]:
    """The rule in force and the changed one. `changes` are against the shipped rule; {} goes back to it.

    Raises a `Refusal` for a kind that is not there and a field that will not do.
    """
    shipped = rulebook.shipped(kind)
    if shipped is None:
        raise not_found(_("There is no such kind of alert."))
    if len(repr(changes)) > CHANGES_CHARACTERS_MAX:
        raise Refusal("too_long", _("This change is too long."))
    return rulebook.in_force().rules[kind], rulebook.changed(shipped, changes)


def version(kind: str, number: int) -> Rule:
    """A kind as its change `number` left it; 0 as shipped. Raises a `Refusal` (404)."""
    shipped = rulebook.shipped(kind)
    row = RuleChange.objects.filter(kind=kind, number=number).first()
    if shipped is None or (number and row is None):
        raise not_found(_("There is no such kind of alert."))
    return rulebook.changed(shipped, row.changes) if row else shipped


def put_in_force(kind: str, changes: Mapping[str, Any], number: int, operator_id: UUID) -> None:
    """Make it version `number` + 1 of the kind, `number` being the one that was looked at."""
    check(kind, changes)
    latest = RuleChange.objects.filter(kind=kind).order_by("-number").values_list("number", flat=True).first() or 0
    if latest != number:
        raise _overtaken()
    try:
        with transaction.atomic():
            RuleChange.objects.create(
                kind=kind, number=number + 1, changes=dict(changes), made_by=operator_id, at=clock.now()
            )
    except IntegrityError:
        raise _overtaken() from None
    data = {"kind": kind, "number": number + 1, "by": operator_id, "fields": sorted(changes)}
    emit("city.rule_changed", subject_id=None, data=data)


def ask_trial(kind: str, changes: Mapping[str, Any], day: date, operator_id: UUID) -> UUID:
    """Note a dry run over one day of the stream; a job does it. Its id."""
    now, changed = check(kind, changes)
    if changed == now:
        raise Refusal("nothing_changed", _("This is the rule in force. Change something."))
    if day not in reading.days():
        raise Refusal("no_such_day", _("Nothing is kept of this day."), field="day")
    if Trial.objects.filter(done_at=None).count() >= limits.TRIALS_WAITING_MAX:
        raise conflict("too_many_trials", _("Many dry runs wait already. Let them finish first."))
    return Trial.objects.create(kind=kind, changes=dict(changes), day=day, made_by=operator_id, at=clock.now()).id


def run_trial(trial_id: UUID) -> None:
    """Judge the day by the rule in force and by the changed one, side by side. Done once, it changes nothing more."""
    row = Trial.objects.select_for_update().filter(id=trial_id, done_at=None).first()
    if row is None:
        return
    try:
        now, changed = check(row.kind, row.changes)
        row.result = {
            "now": _raised(now, row.day),
            "changed": _raised(changed, row.day),
        }
    except Refusal as refusal:
        row.result = {"refused": str(refusal.message)}
    row.done_at = clock.now()
    row.save(update_fields=["result", "done_at"])


def _raised(rule: Rule, day: date) -> dict[str, Any]:
    """What a rule, with those that may explain its alerts, finds on a day: the shown, and how many are explained."""
    known = rulebook.in_force().rules
    rules = (rule, *(known[name] for name in rule.suppressed_by))
    made = engine.Engine(rules, zone=settings.TOWN["time_zone"], lateness_seconds=limits.LATENESS_SECONDS)
    records = 0
    found: dict[str, dict[str, Any]] = {}
    hidden: set[str] = set()
    for batch in reading.of_day(day, {each.stream for each in rules}, limits.JUDGED_A_TURN):
        records += len(batch)
        if records > limits.TRIAL_RECORDS_MAX:
            raise Refusal("day_too_long", _("This day has more records than a dry run may read."))
        _note(made.feed(batch), rule, found, hidden)
    _note(made.finish(), rule, found, hidden)
    return {
        "records": records,
        "raised": len(found),
        "hidden": len(hidden - set(found)),
        "alerts": list(found.values())[: limits.TRIAL_ALERTS_SHOWN],
        "not_judged": made.counts().not_judged.get(rule.name, ""),
    }


def _note(changes: list[engine.Change], rule: Rule, found: dict[str, dict[str, Any]], hidden: set[str]) -> None:
    for change in changes:
        alert = change.alert
        if alert.kind != rule.name:
            continue
        if change.what is What.SUPPRESSED:
            hidden.add(alert.id)
        elif change.what is What.CLEARED:
            if alert.id in found:
                found[alert.id]["cleared_at"] = engine.instant(change.at_ms)
        elif alert.id not in found:
            found[alert.id] = {
                "at": engine.instant(alert.raised_ms),
                "source": alert.source,
                "on": alert.on,
                "reason": {each: engine.reason(alert, rule, each) for each in ("en", "fr")},
                "cleared_at": None,
            }


def _overtaken() -> Refusal:
    return conflict("rule_changed", _("The rule was changed meanwhile. Look at it again."))
