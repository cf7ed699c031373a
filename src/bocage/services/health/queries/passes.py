"""The pass as its holder sees it: colour and reasons in words, sources, and what each of them holds."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.consent import queries as consents
from bocage.kernel.identity import queries as identity
from bocage.services.health import limits, types, words
from bocage.services.health.actions.deciding import certificate_of
from bocage.services.health.models import Appeal, Certificate, CheckIn, Decision, ManualColour, Report, Test, Venue
from bocage.shell.templatetags.shell import day_text

LISTED = 50
# What moves the risk by less than this says nothing to a reader.
CHANGE_LEAST = 0.0005


def sources(person_id: UUID) -> list[types.Source]:
    """The sources and what the person answered."""
    choices = {each.purpose: each for each in consents.choices(person_id)}
    return [
        types.Source(
            purpose=purpose,
            title=choices[purpose].title,
            says=choices[purpose].says,
            icon=words.PURPOSE_ICONS[purpose],
            live=choices[purpose].live,
            asked=choices[purpose].grant is not None,
        )
        for purpose in words.PURPOSES
    ]


def source(person_id: UUID, purpose: str) -> types.Source:
    """One of them."""
    return next(each for each in sources(person_id) if each.purpose == purpose)


def colour_of(row: Decision) -> types.Colour:
    """A decision in words."""
    record = json.loads(row.record)
    decision = record["decision"]
    title, shape = words.COLOURS[row.colour]
    return types.Colour(
        decision_id=row.id,
        colour=row.colour,
        shape=shape,
        word=str(title),
        says=_says(row.colour, decision),
        reasons=tuple(_reasons(record)),
        changes=tuple(_changes(record)),
        decided_at=row.signed_at,
        valid_until=row.valid_until,
        rules=record["rule"]["version"],
        threshold=_threshold(record),
        appealable=decision["computed"] != "green" and record["appeal"] is None,
    )


def history(person_id: UUID) -> list[types.Colour]:
    """The decisions of 14 days, newest first, 50 at most."""
    with own_tables("health"):
        rows = list(Decision.objects.filter(person_id=person_id).order_by("-signed_at", "-id")[:LISTED])
    return [colour_of(row) for row in rows]


def document(person_id: UUID, decision_id: UUID) -> dict[str, Any] | None:
    """The signed record, to keep and to recompute (`./bocage pass colour FILE`); None where there is none."""
    with own_tables("health"):
        row = Decision.objects.filter(person_id=person_id, id=decision_id).first()
    if row is None:
        return None
    return {
        "record": row.record,
        "signature": bytes(row.signature).hex(),
        "key_id": str(row.key_id),
        "signed_at": row.signed_at.isoformat(),
    }


def visits(person_id: UUID) -> list[types.Visit]:
    """Check-ins, newest first, 50 at most."""
    with own_tables("health"):
        rows = list(CheckIn.objects.filter(person_id=person_id).order_by("-arrived_at", "-id")[:LISTED])
        venues = Venue.objects.in_bulk({row.venue_id for row in rows})
    return [_visit(row, venues[row.venue_id]) for row in rows]


def venue_by_token(token: str) -> types.Venue | None:
    """The venue whose poster says `token`, while it is in use."""
    with own_tables("health"):
        row = Venue.objects.filter(token=token[:16], closed_at=None).first()
    return venue_of(row) if row else None


def venue_of(row: Venue) -> types.Venue:
    """A venue in words."""
    from django.conf import settings
    from django.urls import reverse

    return types.Venue(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        kind=row.kind,
        kind_title=str(words.PLACES[row.kind][0]),
        token=row.token,
        url=settings.PUBLIC_URL + reverse("health:check-in", args=[row.token]),
        open=row.closed_at is None,
    )


def reports(person_id: UUID) -> list[types.Symptoms]:
    """Self-reports, newest first."""
    with own_tables("health"):
        rows = list(Report.objects.filter(person_id=person_id).order_by("-at", "-id")[:LISTED])
    return [
        types.Symptoms(row.id, tuple(str(words.SYMPTOMS[each]) for each in row.symptoms), row.since, row.at)
        for row in rows
    ]


def results(person_id: UUID) -> list[types.Result]:
    """Test results, newest first."""
    with own_tables("health"):
        rows = list(Test.objects.filter(person_id=person_id).order_by("-taken_at", "-id")[:LISTED])
    names = identity.party_names({row.laboratory_id for row in rows}) if rows else {}
    return [
        types.Result(
            id=row.id,
            kind_title=str(words.TEST_KINDS[row.kind]),
            outcome=row.outcome,
            outcome_title=str(words.OUTCOMES[row.outcome]),
            laboratory=names[row.laboratory_id],
            taken_at=row.taken_at,
            corrected=row.revision > 1,
            certifiable=row.outcome in {"positive", "negative"},
        )
        for row in rows
    ]


def certificates(person_id: UUID) -> list[types.Paper]:
    """Certificates held, newest first, decrypted with their holder's key."""
    with own_tables("health"):
        rows = list(Certificate.objects.filter(person_id=person_id).order_by("-at", "-id"))
    return [_paper(row.id, certificate_of(person_id, row)) for row in rows]


def _paper(row_id: UUID, content: dict[str, Any]) -> types.Paper:
    title = str(words.CERTIFICATES.get(content["kind"], words.CERTIFICATES["other"]))
    if content["outcome"]:
        title = f"{title}: {words.OUTCOMES[content['outcome']]}"
    until = date.fromisoformat(content["until"]) if content["until"] else None
    return types.Paper(
        row_id, title, day_text(date.fromisoformat(content["on"])) if content["on"] else "", content["issuer"], until
    )


def appeal(person_id: UUID) -> types.Appeal | None:
    """The latest appeal."""
    with own_tables("health"):
        row = Appeal.objects.filter(person_id=person_id).order_by("-at", "-id").first()
    if row is None:
        return None
    title, note = _appeal_words(row)
    return types.Appeal(row.id, row.state, title, note, row.at, row.suspends_at)


def by_hand(person_id: UUID) -> ManualColour | None:
    """The colour that officials set, while it is in force."""
    with own_tables("health"):
        rows = ManualColour.objects.filter(person_id=person_id, state="in_force", until__gt=clock.now())
        return rows.order_by("-at").first()


def _visit(row: CheckIn, venue: Venue) -> types.Visit:
    title, icon = words.PLACES[venue.kind]
    over = row.arrived_at + limits.CHECKIN_LENGTH_MAX
    left_at = row.left_at or (over if over <= clock.now() else None)
    return types.Visit(row.id, venue.name, venue.kind, str(title), icon, row.arrived_at, left_at)


def _threshold(record: dict[str, Any]) -> str:
    """How today's thresholds came about, where a budget gave them."""
    budget = record.get("budget")
    if not budget:
        return ""
    return _(
        "Yellow begins at %(percent)s %% today: the scheme may cost a person %(budget)s days, %(spent)s of them are"
        " spent, and today there is room for %(places)s of %(people)s people."
    ) % {
        "percent": number_format(100 * record["rule"]["yellow"], 2),
        "budget": number_format(budget["budget_days"], 1),
        "spent": number_format(budget["spent_days"], 2),
        "places": budget["places"],
        "people": budget["people"],
    }


def _says(colour: str, decision: dict[str, Any]) -> str:
    if decision["suspended"]:
        return _("You contested your colour. It is suspended: every door takes this green.")
    if colour == "green":
        return _("Nothing that is known speaks against going in.")
    if colour == "yellow":
        return _("You may have been infected. Stay away from the frail, and have yourself tested.")
    if decision["positive"]:
        return _("Your test was positive. Stay at home until you are green again.")
    return _("You are likely to be infectious. Stay at home and have yourself tested.")


def _reasons(record: dict[str, Any]) -> list[types.Reason]:
    decision, found = record["decision"], []
    if record["manual"]:
        found.append(
            types.Reason("pen-line", _("Two officials set this colour by hand"), _("Their reasons stand below."), None)
        )
    for each in decision["reasons"]:
        reason = _reason(each, decision["infectious"])
        if reason:
            found.append(reason)
    if not found:
        found.append(
            types.Reason(
                "check", _("No contact with an infection is known"), _("Nor a symptom or a positive test."), None
            )
        )
    return found


def _reason(given: dict[str, Any], infectious: float) -> types.Reason | None:
    kind, change = given["kind"], given["change"]
    if abs(change) < CHANGE_LEAST or kind in {"prevalence", "silence"}:
        return None
    day = day_text(date.fromisoformat(given["on"])) if given["on"] else ""
    share = round(100 * min(change / infectious, 1)) if change > 0 and infectious else None
    if kind == "exposure":
        place, icon = words.NEAR.get(given["place"], (_("unknown"), "map-pin"))
        title = _("You were near somebody who was probably infectious")
        return types.Reason(icon, title, _("%(day)s · %(place)s") % {"day": day, "place": place}, share)
    titles = {
        "positive": ("test-tube", _("Your test was positive")),
        "negative": ("test-tube", _("Your test was negative: that lowers it")),
        "illness": ("thermometer", _("You reported symptoms")),
        "found": ("users", _("Somebody you met was found infected later")),
    }
    icon, title = titles[kind]
    return types.Reason(icon, title, day, share)


def _changes(record: dict[str, Any]) -> list[str]:
    decision, manual = record["decision"], record["manual"]
    if decision["computed"] == "green":
        return []
    if manual:
        until = datetime.fromisoformat(manual["until"])
        return [_("It ends on %(day)s, or sooner when two officials lift it.") % {"day": day_text(until.date())}]
    found = []
    if decision["after_negative_test"] == "green":
        found.append(_("A negative test of today makes it green at once."))
    elif decision["after_negative_test"] != decision["computed"]:
        found.append(_("A negative test of today makes it yellow."))
    if decision["green_on"]:
        day = day_text(date.fromisoformat(decision["green_on"]))
        found.append(_("Green again on %(day)s, if nothing else happens.") % {"day": day})
    else:
        found.append(_("It is worked out anew each day, and when something changes."))
    return found


def _appeal_words(row: Appeal) -> tuple[str, str]:
    if row.state == "upheld":
        return _("Your appeal was upheld"), row.answer
    if row.state == "kept":
        return _("An official kept the colour"), row.answer
    if row.suspends_at <= clock.now():
        return _("Your appeal is being looked at"), _("Until it is answered, your colour is suspended.")
    return _("Your appeal is being looked at"), _(
        "A positive test stands behind the colour: it is suspended if nobody has answered in 48 hours."
    )
