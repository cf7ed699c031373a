"""Health's verbs that need two people."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.approvals.registry import Payload, Verb, register
from bocage.services.health.actions import manual, places, scheme
from bocage.shell.templatetags.shell import day_text

BEGIN = "health.begin_scheme"
CHANGE = "health.change_scheme"
END = "health.end_scheme"
SET = "health.set_colour"
LIFT = "health.lift_colour"
LABORATORY = "health.register_laboratory"


def _says_terms(payload: Payload) -> str:
    terms = scheme.terms_of(payload)
    return _("%(title)s, until %(sunset)s, under the rules %(rules)s. %(basis)s") % {
        "title": terms.title,
        "sunset": day_text(terms.sunset_at.date()),
        "rules": terms.rules,
        "basis": terms.legal_basis[:200],
    }


def _begin(payload: Payload, maker_id: UUID) -> None:
    scheme.begin(scheme.terms_of(payload))


def _change(payload: Payload, maker_id: UUID) -> None:
    scheme.change(scheme.terms_of(payload))


def _end(payload: Payload, maker_id: UUID) -> None:
    scheme.end()


def _says_end(payload: Payload) -> str:
    return _("The health scheme ends now, and all its data is deleted.")


def _set(payload: Payload, maker_id: UUID) -> None:
    manual.put_in_force(UUID(payload["request_id"]))


def _lift(payload: Payload, maker_id: UUID) -> None:
    manual.lift(UUID(payload["request_id"]))


def _number(payload: Payload) -> dict[str, str]:
    return {"number": UUID(payload["request_id"]).hex[-6:].upper()}


def _says_set(payload: Payload) -> str:
    # No name, no colour, no reason: proposals are kept for longer than 14 days, requests are not.
    return _("The colour of request %(number)s is set by hand. Read it in the console of Health first.") % _number(
        payload
    )


def _says_lift(payload: Payload) -> str:
    return _("The colour of request %(number)s, set by hand, is lifted.") % _number(payload)


def _says_laboratory(payload: Payload) -> str:
    places.laboratory_of(payload["handle"], payload["public_key"])
    return _("Results that @%(handle)s signs with the key %(key)s are believed.") % {
        "handle": payload["handle"],
        "key": payload["public_key"],
    }


def _register_laboratory(payload: Payload, maker_id: UUID) -> None:
    places.register_laboratory(payload["handle"], payload["public_key"])


register(Verb(BEGIN, _says_terms, _begin))
register(Verb(CHANGE, _says_terms, _change))
register(Verb(END, _says_end, _end))
register(Verb(SET, _says_set, _set))
register(Verb(LIFT, _says_lift, _lift))
register(Verb(LABORATORY, _says_laboratory, _register_laboratory))
