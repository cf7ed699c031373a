"""City's verb that needs two people: a rule that judges the town is changed by one and agreed to by another."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.engines import alerts as engine
from bocage.kernel.approvals.registry import Payload, Verb, register
from bocage.services.city.actions import rules
from bocage.services.city.queries.alerts import language

CHANGE_RULE = "city.change_rule"


def _says(payload: Payload) -> str:
    # Against the version that was looked at: the sentence stays true when the change is in force.
    now = rules.version(payload["kind"], int(payload["number"]))
    changed = rules.check(payload["kind"], payload["changes"])[1]
    before, after = engine.said(now), engine.said(changed)
    differing = [
        f"{field}: {_shown(before[field])} → {_shown(after[field])}"
        for field in before
        if before[field] != after[field] and field != "says"
    ]
    return _("The rule “%(title)s” changes. %(fields)s. It will say: %(says)s") % {
        "title": now.title[language()],
        "fields": "; ".join(differing) or _("Its words alone"),
        "says": changed.says[language()],
    }


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _execute(payload: Payload, maker_id: UUID) -> None:
    rules.put_in_force(payload["kind"], payload["changes"], int(payload["number"]), maker_id)


register(Verb(CHANGE_RULE, _says, _execute))
