"""The scheme: begun, changed and ended by two officials, and by time itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.services.health import limits, rules
from bocage.services.health.models import GateHour, RegisterLine, Scheme, SpentToken

NAME = "health"
BUDGET_DAYS_MAX = 60


@dataclass(frozen=True)
class Terms:
    """What a scheme is. `budget_days`: the restricted days a person that it may cost."""

    title: str
    legal_basis: str
    rules: str
    budget_days: Decimal
    sunset_at: datetime
    demo: bool = False

    def as_payload(self) -> dict[str, Any]:
        """As a proposal keeps it."""
        return {
            "title": self.title,
            "legal_basis": self.legal_basis,
            "rules": self.rules,
            "budget_days": str(self.budget_days),
            "sunset_at": self.sunset_at.isoformat(),
        }


def terms_of(payload: dict[str, Any]) -> Terms:
    """The terms in a payload. Raises a `Refusal` naming the field that is missing or wrong."""
    title = _text(payload, "title", limits.TITLE_CHARACTERS_MAX)
    legal_basis = _text(payload, "legal_basis", limits.LEGAL_BASIS_CHARACTERS_MAX)
    version = str(payload.get("rules", ""))
    if version not in rules.VERSIONS:
        raise Refusal("bad_rules", _("Choose one of the published versions of the rules."), field="rules")
    try:
        budget = Decimal(str(payload.get("budget_days", ""))).quantize(Decimal("0.1"))
    except InvalidOperation:
        budget = Decimal(0)
    if not 0 < budget <= BUDGET_DAYS_MAX:
        raise Refusal("bad_budget", _("The budget is a number of days above 0, 60 at most."), field="budget_days")
    try:
        sunset_at = datetime.fromisoformat(str(payload.get("sunset_at", "")))
    except ValueError:
        sunset_at = None
    now = clock.now()
    if sunset_at is None or sunset_at.tzinfo is None or not now < sunset_at <= now + limits.SCHEME_LIFE_MAX:
        raise Refusal(
            "no_sunset",
            _(
                "A scheme needs the day on which it ends: after today, and within 180 days."
                " Without one it does not begin."
            ),
            field="sunset_at",
        )
    return Terms(title, legal_basis, version, budget, sunset_at)


def begin(terms: Terms) -> None:
    """Put the scheme in force; called by the decision of a second person. Refuses a second scheme."""
    now = clock.now()
    with own_tables(NAME):
        if Scheme.objects.filter(ended_at=None).exists():
            raise conflict("scheme_in_force", _("A scheme is in force already. Change that one."))
        Scheme.objects.create(
            title=terms.title,
            legal_basis=terms.legal_basis,
            rules=terms.rules,
            budget_days=terms.budget_days,
            demo=terms.demo,
            starts_at=now,
            sunset_at=terms.sunset_at,
        )
        _register("scheme_started", f"{terms.title}. {terms.legal_basis}"[: limits.LEGAL_BASIS_CHARACTERS_MAX])
    emit("health.scheme_started", subject_id=None, data={"sunset_at": terms.sunset_at, "rules": terms.rules})


def change(terms: Terms) -> None:
    """Give the scheme in force other terms. It lives 180 days in all, however often it is changed."""
    with own_tables(NAME):
        row = _in_force()
        if terms.sunset_at > row.starts_at + limits.SCHEME_LIFE_MAX:
            raise Refusal(
                "too_long",
                _("A scheme lives 180 days in all. Let this one end, and begin another if the law says so."),
                field="sunset_at",
            )
        row.title, row.legal_basis, row.rules = terms.title, terms.legal_basis, terms.rules
        row.budget_days, row.sunset_at = terms.budget_days, terms.sunset_at
        row.save()
        _register("scheme_changed", f"{terms.title}. {terms.legal_basis}"[: limits.LEGAL_BASIS_CHARACTERS_MAX])
    emit("health.scheme_changed", subject_id=None, data={"sunset_at": terms.sunset_at, "rules": terms.rules})


def end(moment: datetime | None = None) -> int:
    """End the scheme in force and delete all that it ever held of people. How many rows went."""
    with own_tables(NAME):
        row = _in_force()
        row.ended_at = moment or clock.now()
        row.save(update_fields=["ended_at"])
        gone = _delete_all()
        _register("scheme_ended", row.title)
    emit("health.scheme_ended", subject_id=None, data={"rows_deleted": gone})
    return gone


def end_at_sunset() -> int:
    """End the scheme whose sunset has come; a periodic job calls it. How many rows went."""
    with own_tables(NAME):
        due = Scheme.objects.filter(ended_at=None, sunset_at__lte=clock.now()).exists()
    return end() if due else 0


def sweep() -> int:
    """Delete what is 14 days old, whoever it belongs to, and what gates kept of tokens. How many rows went."""
    with own_tables(NAME), connection.cursor() as cursor:
        SpentToken.objects.filter(expires_at__lt=clock.now() - limits.SPENT_KEPT).delete()
        GateHour.objects.filter(hour__lt=clock.now() - limits.KEPT).delete()
        cursor.execute("select bocage_health_sweep(%s)", [clock.now() - limits.KEPT + timedelta(seconds=1)])
        return int(cursor.fetchone()[0])


def require_scheme() -> Scheme:
    """The scheme in force, inside `own_tables`. Raises a `Refusal` where there is none: then nothing is collected."""
    row = Scheme.objects.filter(ended_at=None, sunset_at__gt=clock.now()).first()
    if row is None:
        raise Refusal("no_scheme", _("No scheme is in force: nothing is collected and no colour is shown."), status=409)
    return row


def _in_force() -> Scheme:
    row = Scheme.objects.select_for_update().filter(ended_at=None).first()
    if row is None:
        raise not_found(_("No scheme is in force."))
    return row


def _delete_all() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select bocage_health_end()")
        return int(cursor.fetchone()[0])


def _register(kind: str, words: str = "") -> None:
    RegisterLine.objects.create(kind=kind, words=words, at=clock.now())


def _text(payload: dict[str, Any], field: str, characters_max: int) -> str:
    text = str(payload.get(field, "")).strip()
    if not text or len(text) > characters_max or "\0" in text:
        raise Refusal(
            "bad_text",
            _("Write 1 to %(most)s characters.") % {"most": characters_max},
            field=field,
        )
    return text
