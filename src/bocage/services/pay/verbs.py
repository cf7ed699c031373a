"""Pay's verbs that need two people."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.approvals.registry import Payload, Verb, register
from bocage.kernel.identity import queries as identity
from bocage.services.pay.actions import bank
from bocage.services.pay.queries import bank as queries
from bocage.shell.templatetags.shell import money_text

ASSIGN = "pay.assign_entry"


def _says(payload: Payload) -> str:
    entry = queries.bank_entry(UUID(payload["entry_id"]))
    return _("%(amount)s that %(party)s sent to the bank goes to the wallet of %(name)s.") % {
        "amount": money_text(entry.amount_minor, entry.currency),
        "party": entry.party_name or _("somebody"),
        "name": identity.party_name(UUID(payload["owner_id"])),
    }


def _assign(payload: Payload, maker_id: UUID) -> None:
    bank.assign_entry(UUID(payload["entry_id"]), UUID(payload["owner_id"]))


register(Verb(ASSIGN, _says, _assign))
