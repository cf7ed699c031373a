"""pain.001, a customer's credit transfers: writes version .001.09, reads .001.03 to .001.13 strictly."""

from itertools import groupby

from .documents import (
    Builder,
    Element,
    checked_text,
    child,
    decimal_text,
    instant_text,
    message_name,
    parse,
    read_day,
    read_decimal,
    read_instant,
    read_minor,
    text_at,
    validate_tree,
    wrong,
)
from .identifiers import check_bic, check_iban, check_reference, exponent_of
from .types import PAYMENTS_LIMIT, Iso20022Error, Order, Payment

MESSAGE = "pain.001.001.09"
# The European Payments Council limits names to 70 and unstructured remittance to one line of 140 characters.
NAME_CHARACTERS = 70
REMITTANCE_CHARACTERS = 140
NOT_PROVIDED = "NOTPROVIDED"


def write_pain001(order: Order) -> bytes:
    """The order as a valid pain.001.001.09. Payments of one debtor and day become one batch."""
    _check_order(order)
    build = Builder(MESSAGE)
    message = build.add(build.root, "CstmrCdtTrfInitn")
    header = build.add(message, "GrpHdr")
    build.add(header, "MsgId", check_reference(order.message_id, "MsgId"))
    build.add(header, "CreDtTm", instant_text(order.created_at))
    build.add(header, "NbOfTxs", str(len(order.payments)))
    build.add(header, "CtrlSum", _sum_text(order.payments))
    build.path(header, "InitgPty", "Nm", text=checked_text(order.initiator, NAME_CHARACTERS, "InitgPty/Nm"))
    for number, batch in enumerate(_batches(order.payments), start=1):
        _write_batch(build, message, batch, batch[0].batch_id or f"{order.message_id[:30]}-{number}")
    return build.finish()


def _check_order(order: Order) -> None:
    if not order.payments:
        raise Iso20022Error("empty", "An order needs at least one payment.", element="CdtTrfTxInf")
    if len(order.payments) > PAYMENTS_LIMIT:
        raise Iso20022Error("too-many", f"An order holds at most {PAYMENTS_LIMIT:,} payments.", element="NbOfTxs")
    _refuse_twins(order)
    for payment in order.payments:
        if payment.amount_minor <= 0:
            problem = f"The amount of {payment.end_to_end_id[:40]!r} is not above zero."
            raise Iso20022Error("amount-wrong", problem, element="InstdAmt")


def _refuse_twins(order: Order) -> None:
    seen: set[str] = set()
    for payment in order.payments:
        if payment.end_to_end_id in seen and payment.end_to_end_id != NOT_PROVIDED:
            problem = f"{payment.end_to_end_id[:40]!r} names two payments of one order."
            raise Iso20022Error("reference-twice", problem, element="EndToEndId")
        seen.add(payment.end_to_end_id)


def _batch_key(payment: Payment) -> tuple[str, str, str, str, str]:
    day = payment.execute_on.isoformat()
    return payment.batch_id, payment.debtor_iban, payment.debtor, payment.debtor_bic or "", day


def _batches(payments: tuple[Payment, ...]) -> list[list[Payment]]:
    """Payments of one batch together, batches in the order of their first payment."""
    first: dict[tuple[str, str, str, str, str], int] = {}
    for at, payment in enumerate(payments):
        first.setdefault(_batch_key(payment), at)
    ordered = sorted(payments, key=lambda payment: first[_batch_key(payment)])
    batches = [list(batch) for _, batch in groupby(ordered, key=_batch_key)]
    names = [batch[0].batch_id for batch in batches if batch[0].batch_id]
    if len(set(names)) != len(names):
        problem = "Payments of one batch must have the same debtor and day."
        raise Iso20022Error("batch-mixed", problem, element="PmtInfId")
    return batches


def _sum_text(payments: tuple[Payment, ...] | list[Payment]) -> str:
    """The control sum: all amounts added as numbers, whatever their currencies."""
    scale = max(exponent_of(payment.currency) for payment in payments)
    total = sum(payment.amount_minor * 10 ** (scale - exponent_of(payment.currency)) for payment in payments)
    digits = f"{total:0{scale + 1}}"
    return f"{digits[: len(digits) - scale]}.{digits[len(digits) - scale :]}" if scale else digits


def _write_batch(build: Builder, message: Element, batch: list[Payment], batch_id: str) -> None:
    first = batch[0]
    info = build.add(message, "PmtInf")
    build.add(info, "PmtInfId", check_reference(batch_id, "PmtInfId"))
    build.add(info, "PmtMtd", "TRF")
    build.add(info, "NbOfTxs", str(len(batch)))
    build.add(info, "CtrlSum", _sum_text(batch))
    if all(payment.currency == "EUR" for payment in batch):
        build.path(info, "PmtTpInf", "SvcLvl", "Cd", text="SEPA")
    build.path(info, "ReqdExctnDt", "Dt", text=first.execute_on.isoformat())
    build.path(info, "Dbtr", "Nm", text=checked_text(first.debtor, NAME_CHARACTERS, "Dbtr/Nm"))
    build.path(info, "DbtrAcct", "Id", "IBAN", text=check_iban(first.debtor_iban, "DbtrAcct/Id/IBAN"))
    agent = build.path(info, "DbtrAgt", "FinInstnId")
    if first.debtor_bic:
        build.add(agent, "BICFI", check_bic(first.debtor_bic))
    else:
        build.path(agent, "Othr", "Id", text=NOT_PROVIDED)
    build.add(info, "ChrgBr", "SLEV")
    for payment in batch:
        _write_payment(build, info, payment)


def _write_payment(build: Builder, info: Element, payment: Payment) -> None:
    transfer = build.add(info, "CdtTrfTxInf")
    build.path(transfer, "PmtId", "EndToEndId", text=check_reference(payment.end_to_end_id, "EndToEndId"))
    amount = build.add(transfer, "Amt")
    build.add(amount, "InstdAmt", decimal_text(payment.amount_minor, payment.currency), Ccy=payment.currency)
    if payment.creditor_bic:
        build.path(transfer, "CdtrAgt", "FinInstnId", "BICFI", text=check_bic(payment.creditor_bic))
    build.path(transfer, "Cdtr", "Nm", text=checked_text(payment.creditor, NAME_CHARACTERS, "Cdtr/Nm"))
    build.path(transfer, "CdtrAcct", "Id", "IBAN", text=check_iban(payment.creditor_iban, "CdtrAcct/Id/IBAN"))
    if payment.remittance:
        text = checked_text(payment.remittance, REMITTANCE_CHARACTERS, "RmtInf/Ustrd")
        build.path(transfer, "RmtInf", "Ustrd", text=text)


def read_pain001(xml: bytes) -> Order:
    """The order in a pain.001, of any version that has a schema here.

    Strict: the schema, counts and control sums, IBANs and BICs, currencies and their decimals are all checked, and each
    payment must be a plain transfer between IBANs. Raises `Iso20022Error` naming element and line.
    """
    root = parse(xml)
    name = message_name(root)
    if not name.startswith("pain.001."):
        raise wrong("message-other", f"The document is {name[:40]}, not a pain.001.", root, "Document")
    validate_tree(root, name)
    message = child(root, "CstmrCdtTrfInitn")
    if message is None:
        raise wrong("message-other", "The document holds no credit transfers.", root, "Document")
    header = child(message, "GrpHdr")
    payments: list[Payment] = []
    for info in message.iterchildren("{*}PmtInf"):
        batch = _read_batch(info)
        _check_sums(info, batch)
        payments += batch
        if len(payments) > PAYMENTS_LIMIT:
            raise wrong("too-many", f"An order holds at most {PAYMENTS_LIMIT:,} payments.", info, "PmtInf")
    if header is not None:
        _check_sums(header, payments)
    _refuse_read_twins(message)
    initiator = text_at(header, "InitgPty", "Nm")
    return Order(
        text_at(header, "MsgId"),
        read_instant(child(header, "CreDtTm"), "CreDtTm"),
        initiator or (payments[0].debtor if payments else ""),
        tuple(payments),
    )


def _refuse_read_twins(message: Element) -> None:
    seen: set[str] = set()
    for element in message.iter("{*}EndToEndId"):
        text = (element.text or "").strip()
        if text in seen and text != NOT_PROVIDED:
            raise wrong("reference-twice", f"{text[:40]!r} names two payments of one order.", element, "EndToEndId")
        seen.add(text)


def _read_batch(info: Element) -> list[Payment]:
    if text_at(info, "PmtMtd") != "TRF":
        raise wrong("method-other", "Only transfers (TRF) are taken, no cheques.", child(info, "PmtMtd"), "PmtMtd")
    day = read_day(child(info, "ReqdExctnDt"), "ReqdExctnDt")
    debtor = text_at(info, "Dbtr", "Nm")
    iban = _read_iban(child(info, "DbtrAcct"), info, "DbtrAcct")
    bic = _read_bic(child(info, "DbtrAgt"))
    batch_id = text_at(info, "PmtInfId")
    payments = []
    for transfer in info.iterchildren("{*}CdtTrfTxInf"):
        amount = child(transfer, "Amt", "InstdAmt")
        if amount is None:
            problem = "The amount must be an instructed one (InstdAmt)."
            raise wrong("amount-wrong", problem, child(transfer, "Amt"), "Amt")
        minor, currency = read_minor(amount, "InstdAmt")
        if minor <= 0:
            raise wrong("amount-wrong", "The amount is not above zero.", amount, "InstdAmt")
        if child(transfer, "ChqInstr") is not None:
            raise wrong("method-other", "Only transfers are taken, no cheques.", transfer, "ChqInstr")
        creditor = text_at(transfer, "Cdtr", "Nm")
        if not creditor:
            raise wrong("name-missing", "The payment does not say whom it pays.", transfer, "Cdtr/Nm")
        payments.append(
            Payment(
                text_at(transfer, "PmtId", "EndToEndId"),
                minor,
                currency,
                debtor,
                iban,
                creditor,
                _read_iban(child(transfer, "CdtrAcct"), transfer, "CdtrAcct"),
                _read_remittance(transfer),
                day,
                bic,
                _read_bic(child(transfer, "CdtrAgt")),
                batch_id,
            )
        )
    return payments


def _read_remittance(transfer: Element) -> str:
    information = child(transfer, "RmtInf")
    if information is None:
        return ""
    lines = [(line.text or "").strip() for line in information.iterchildren("{*}Ustrd")]
    return " ".join(line for line in lines if line) or text_at(information, "Strd", "CdtrRefInf", "Ref")


def _read_iban(account: Element | None, parent: Element, name: str) -> str:
    element = child(account, "Id", "IBAN")
    if element is None:
        where = parent if account is None else account
        raise wrong("account-not-iban", "The account is not given by its IBAN.", where, f"{name}/Id")
    try:
        return check_iban(element.text or "", f"{name}/Id/IBAN")
    except Iso20022Error as error:
        raise wrong(error.code, error.problem, element, error.element) from None


def _read_bic(agent: Element | None) -> str | None:
    institution = child(agent, "FinInstnId")
    for name in ("BICFI", "BIC"):
        element = child(institution, name)
        if element is not None:
            try:
                return check_bic(element.text or "", name)
            except Iso20022Error as error:
                raise wrong(error.code, error.problem, element, name) from None
    return None


def _check_sums(element: Element, payments: list[Payment]) -> None:
    """The number and the control sum that a heading states, where it states them."""
    count = child(element, "NbOfTxs")
    if count is not None and int(count.text or "0") != len(payments):
        problem = f"{count.text} payments are announced; {len(payments)} are there."
        raise wrong("count-off", problem, count, "NbOfTxs")
    control = child(element, "CtrlSum")
    if control is None:
        return
    units, decimals = read_decimal(control, "CtrlSum")
    scale = max([decimals, *(exponent_of(payment.currency) for payment in payments)])
    total = sum(payment.amount_minor * 10 ** (scale - exponent_of(payment.currency)) for payment in payments)
    if units * 10 ** (scale - decimals) != total:
        said = f"The control sum is {(control.text or '').strip()}; the payments add up to {_sum_text(payments)}."
        raise wrong("sum-off", said, control, "CtrlSum")
