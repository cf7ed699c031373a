"""Health's verbs that need two people."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.approvals.registry import Payload, Verb, register
from bocage.services.health.actions import scheme
from bocage.shell.templatetags.shell import day_text

BEGIN = "health.begin_scheme"
CHANGE = "health.change_scheme"
END = "health.end_scheme"


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


def _says_end(payload: dict[str, Any]) -> str:
    return _("The health scheme ends now, and all its data is deleted.")


register(Verb(BEGIN, _says_terms, _begin))
register(Verb(CHANGE, _says_terms, _change))
register(Verb(END, _says_end, _end))
