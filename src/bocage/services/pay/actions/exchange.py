"""Exchanging files with the bank: pay-outs go as pain.001; pain.002 and camt.053 come back and take effect once."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bocage.engines.iso20022 import Iso20022Error, Order, Payment, read_pain002, write_pain001
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.services.pay import limits, references
from bocage.services.pay.actions import bank as bank_actions
from bocage.services.pay.bank import desk, folder
from bocage.services.pay.bank.reading import Booked, message_of, read_entries
from bocage.services.pay.models import BankEntry, BankFile, PayOut, TopUp
from bocage.services.pay.types import EntryState, PayOutState

REJECTED_STATUSES = frozenset({"RJCT", "CANC"})
REFUSAL_CHARACTERS_MAX = 500


@dataclass(frozen=True)
class Taken:
    """What became of one file: `again` when the same bytes had been taken before, `refusal` when nothing was done."""

    name: str
    entries: int
    unmatched: int
    again: bool = False
    refusal: str = ""


def own_account() -> desk.Account:
    """The town's account at the bank. Raises a `Refusal` where an operator has yet to set it."""
    if not settings.BANK_IBAN:
        raise Refusal("no_bank", _("This town has no bank account set up yet. Ask its operator."), status=503)
    return desk.Account(f"Bocage {settings.TOWN['name']}", settings.BANK_IBAN, settings.TOWN["currency"])


def exchange() -> list[Taken]:
    """Send what is ordered, let the demo bank work where there is one, and take what came."""
    account = own_account()
    with folder.alone() as is_alone:
        if not is_alone:
            return []
        write_orders(account)
        deliver_files()
        if settings.MODE != "production":
            desk.work(account)
        return [_take_path(path.name) for path in folder.waiting("in")]


def write_orders(account: desk.Account) -> int:
    """Put every pay-out that was held into one pain.001; how many there were. Several workers share the work."""
    with acting_as(Actor.for_service("pay")):
        rows = list(
            PayOut.objects.select_for_update(skip_locked=True)
            .filter(state=PayOutState.HELD)
            .order_by("id")[: limits.PAY_OUTS_IN_A_FILE_MAX]
        )
        if not rows:
            return 0
        file_id = uuid7()
        order = Order(
            message_id=f"BOCAGE-{file_id.hex[:26]}",
            created_at=clock.now(),
            initiator=account.name,
            payments=tuple(_payment(row, account) for row in rows),
        )
        xml = write_pain001(order)
        file = BankFile.objects.create(
            id=file_id,
            direction="out",
            name=f"pain001-{order.message_id}.xml",
            digest=sha256(xml).digest(),
            content=xml,
            message_type="pain.001.001.09",
            entries_count=len(rows),
        )
        PayOut.objects.filter(id__in=[row.id for row in rows]).update(state=PayOutState.SENT, file=file)
    return len(rows)


def deliver_files() -> int:
    """Write what was not yet handed over into the bank's folder; how many files. A crash between repeats the same."""
    with acting_as(Actor.for_service("pay")):
        files = list(BankFile.objects.filter(direction="out", delivered_at=None).order_by("id"))
    for file in files:
        folder.put("out", file.name, bytes(file.content))
        with acting_as(Actor.for_service("pay")):
            BankFile.objects.filter(id=file.id).update(delivered_at=clock.now())
    return len(files)


def take_file(name: str, content: bytes) -> Taken:
    """Take one file from the bank, whole or not at all. The same bytes again change nothing."""
    digest = sha256(content).digest()
    with acting_as(Actor.for_service("pay")):
        if BankFile.objects.filter(digest=digest).exists():
            return Taken(name, 0, 0, again=True)
    try:
        with acting_as(Actor.for_service("pay")):
            return _take(name, content, digest)
    except Iso20022Error as error:
        refusal = f"{name}: {error}"[:REFUSAL_CHARACTERS_MAX].replace("\0", "")
    with acting_as(Actor.for_service("pay")):
        BankFile.objects.create(
            direction="in", name=name[:120], digest=digest, content=content, refusal=refusal, delivered_at=clock.now()
        )
    return Taken(name, 0, 0, refusal=refusal)


def _take_path(name: str) -> Taken:
    path = folder.place("in") / name
    try:
        taken = take_file(name, folder.content_of(path))
    except folder.TooLarge as error:
        taken = Taken(name, 0, 0, refusal=str(error))
    folder.finish(path)
    return taken


def _take(name: str, content: bytes, digest: bytes) -> Taken:
    message = message_of(content)
    file = BankFile.objects.create(
        direction="in",
        name=name[:120],
        digest=digest,
        content=content,
        message_type=message,
        delivered_at=clock.now(),
    )
    if message.startswith("pain.002."):
        count, unmatched = _take_statuses(content), 0
    elif message.startswith("camt.053."):
        states = [_take_entry(each, file) for each in read_entries(content, own_account().iban)]
        count, unmatched = len(states), sum(state == EntryState.UNMATCHED for state in states)
    else:
        raise Iso20022Error("message-other", f"{message} is not a message that the bank sends us.", element="Document")
    BankFile.objects.filter(id=file.id).update(entries_count=count)
    return Taken(name, count, unmatched)


def _take_statuses(content: bytes) -> int:
    """Free the money of what the bank will not pay; what it accepts is only told by the statement."""
    report = read_pain002(content)
    rejected = {each.end_to_end_id: each for each in report.payments if each.status in REJECTED_STATUSES}
    rows = PayOut.objects.select_for_update().filter(state=PayOutState.SENT).order_by("id")
    if report.group_status in REJECTED_STATUSES and not report.payments:
        why = " ".join(filter(None, (report.reason, report.explanation)))
        found = list(rows.filter(file__name=f"pain001-{report.original_message_id}.xml"))
        for row in found:
            bank_actions.reject_pay_out(row, why)
        return len(found)
    for row in rows.filter(end_to_end_id__in=list(rejected)):
        status = rejected[row.end_to_end_id]
        bank_actions.reject_pay_out(row, " ".join(filter(None, (status.reason, status.explanation))))
    return len(report.payments)


def _take_entry(booked: Booked, file: BankFile) -> EntryState:
    """One booked line: a pay-out of ours, an announced top-up, or for an operator to look at."""
    known = BankEntry.objects.filter(bank_reference=booked.reference).first()
    reused = known is not None and (known.amount_minor, known.currency) != (booked.amount_minor, booked.currency)
    if reused:
        booked = _apart(booked)
        known = BankEntry.objects.filter(bank_reference=booked.reference).first()
    if known is not None:
        return EntryState(known.state)
    owner_id: UUID | None = None
    transfer_id: UUID | None = None
    try:
        # A savepoint: what cannot be booked (a frozen wallet) waits for an operator, and the rest of the file goes on.
        with transaction.atomic():
            if not reused:
                owner_id, transfer_id = _match(booked)
    except Refusal as refusal:
        note = f" [{refusal.code}]"
        booked = Booked(**{**vars(booked), "text": booked.text[: 280 - len(note)] + note})
    state = EntryState.MATCHED if transfer_id else EntryState.UNMATCHED
    BankEntry.objects.create(
        file=file,
        bank_reference=booked.reference,
        amount_minor=booked.amount_minor,
        currency=booked.currency,
        party_name=booked.party_name,
        text=booked.text,
        state=state,
        owner_id=owner_id,
        transfer_id=transfer_id,
    )
    return state


def _apart(booked: Booked) -> Booked:
    """The same line under a reference of its own: the bank used this one before for another amount."""
    mark = sha256(f"{booked.amount_minor} {booked.currency}".encode()).hexdigest()[:8]
    return Booked(**{**vars(booked), "reference": f"{booked.reference[:59]} ({mark})"})


def _match(booked: Booked) -> tuple[UUID | None, UUID | None]:
    if booked.currency != settings.TOWN["currency"]:
        return None, None
    if booked.amount_minor < 0:
        row = (
            PayOut.objects.select_for_update()
            .filter(end_to_end_id=booked.end_to_end_id, amount_minor=-booked.amount_minor, state=PayOutState.SENT)
            .first()
        )
        return (row.owner_id, bank_actions.finish_pay_out(row, booked.reference)) if row else (None, None)
    reference = references.find_reference(booked.text) or references.find_reference(booked.end_to_end_id)
    top_up = TopUp.objects.select_for_update().filter(reference=reference).first() if reference else None
    if top_up is None:
        return None, None
    return top_up.owner_id, bank_actions.credit_top_up(top_up, booked.amount_minor, booked.reference)


def _payment(row: PayOut, account: desk.Account) -> Payment:
    return Payment(
        end_to_end_id=row.end_to_end_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        debtor=account.name,
        debtor_iban=account.iban,
        creditor=row.holder_name,
        creditor_iban=row.iban,
        remittance=row.memo,
        execute_on=clock.now().date(),
    )
