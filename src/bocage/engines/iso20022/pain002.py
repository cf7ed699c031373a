"""pain.002, a bank's answer to an order: writes version .001.12, reads .001.03 and .001.12 to .001.15."""

from itertools import groupby

from .documents import (
    Builder,
    Element,
    checked_text,
    child,
    instant_text,
    message_name,
    parse,
    read_instant,
    text_at,
    validate_tree,
    wrong,
)
from .identifiers import check_reference
from .types import GROUP_STATUSES, PAYMENT_STATUSES, PAYMENTS_LIMIT, Iso20022Error, PaymentStatus, StatusReport

MESSAGE = "pain.002.001.12"
REASON_CHARACTERS = 4
EXPLANATION_CHARACTERS = 105


def write_pain002(report: StatusReport) -> bytes:
    """The report as a valid pain.002.001.12."""
    _check_report(report)
    build = Builder(MESSAGE)
    message = build.add(build.root, "CstmrPmtStsRpt")
    header = build.add(message, "GrpHdr")
    build.add(header, "MsgId", check_reference(report.message_id, "MsgId"))
    build.add(header, "CreDtTm", instant_text(report.created_at))
    original = build.add(message, "OrgnlGrpInfAndSts")
    build.add(original, "OrgnlMsgId", check_reference(report.original_message_id, "OrgnlMsgId"))
    build.add(original, "OrgnlMsgNmId", checked_text(report.original_message_name, 35, "OrgnlMsgNmId"))
    if report.group_status:
        build.add(original, "GrpSts", report.group_status)
    _write_reason(build, original, report.reason, report.explanation)
    for batch_id, statuses in groupby(report.payments, key=lambda status: status.batch_id):
        batch = build.add(message, "OrgnlPmtInfAndSts")
        build.add(batch, "OrgnlPmtInfId", check_reference(batch_id, "OrgnlPmtInfId"))
        for status in statuses:
            payment = build.add(batch, "TxInfAndSts")
            build.add(payment, "OrgnlEndToEndId", check_reference(status.end_to_end_id, "OrgnlEndToEndId"))
            build.add(payment, "TxSts", status.status)
            _write_reason(build, payment, status.reason, status.explanation)
    return build.finish()


def _write_reason(build: Builder, parent: Element, reason: str | None, explanation: str) -> None:
    if not reason and not explanation:
        return
    information = build.add(parent, "StsRsnInf")
    if reason:
        build.path(information, "Rsn", "Cd", text=checked_text(reason, REASON_CHARACTERS, "Rsn/Cd"))
    if explanation:
        build.add(information, "AddtlInf", checked_text(explanation, EXPLANATION_CHARACTERS, "AddtlInf"))


def _check_report(report: StatusReport) -> None:
    """A report says something, in known codes, about each payment once, and does not contradict itself."""
    if report.group_status is None and not report.payments:
        raise Iso20022Error("empty", "A report needs a status.", element="GrpSts")
    if report.group_status is not None and report.group_status not in GROUP_STATUSES:
        raise Iso20022Error(
            "status-unknown", f"{report.group_status[:10]!r} is no status of a group.", element="GrpSts"
        )
    if len(report.payments) > PAYMENTS_LIMIT:
        raise Iso20022Error("too-many", f"A report holds at most {PAYMENTS_LIMIT:,} payments.", element="TxInfAndSts")
    seen: set[tuple[str, str]] = set()
    for status in report.payments:
        if status.status not in PAYMENT_STATUSES:
            raise Iso20022Error("status-unknown", f"{status.status[:10]!r} is no status of a payment.", element="TxSts")
        if (status.batch_id, status.end_to_end_id) in seen and status.end_to_end_id != "NOTPROVIDED":
            problem = f"{status.end_to_end_id[:40]!r} has two statuses in one report."
            raise Iso20022Error("reference-twice", problem, element="OrgnlEndToEndId")
        seen.add((status.batch_id, status.end_to_end_id))
        if report.group_status == "RJCT" and status.status not in {"RJCT", "CANC"}:
            problem = f"The whole order is refused, but {status.end_to_end_id[:40]!r} is {status.status}."
            raise Iso20022Error("status-contradicts", problem, element="TxSts")


def read_pain002(xml: bytes) -> StatusReport:
    """The report in a pain.002; payments without a status of their own have that of their batch or group."""
    root = parse(xml)
    name = message_name(root)
    if not name.startswith("pain.002."):
        raise wrong("message-other", f"The document is {name[:40]}, not a pain.002.", root, "Document")
    validate_tree(root, name)
    message = child(root, "CstmrPmtStsRpt")
    original = child(message, "OrgnlGrpInfAndSts")
    if message is None or original is None:
        raise wrong("message-other", "The document holds no status report.", root, "Document")
    group_status = text_at(original, "GrpSts") or None
    payments: list[PaymentStatus] = []
    for batch in message.iterchildren("{*}OrgnlPmtInfAndSts"):
        batch_status = text_at(batch, "PmtInfSts") or group_status
        for payment in batch.iterchildren("{*}TxInfAndSts"):
            status = text_at(payment, "TxSts") or batch_status
            if status is None:
                raise wrong("status-missing", "The payment has no status.", payment, "TxSts")
            end_to_end_id = text_at(payment, "OrgnlEndToEndId")
            reason, explanation = _read_reason(payment)
            payments.append(PaymentStatus(text_at(batch, "OrgnlPmtInfId"), end_to_end_id, status, reason, explanation))
    if group_status is None and not payments:
        group_status = next(
            (found for batch in message.iterchildren("{*}OrgnlPmtInfAndSts") if (found := text_at(batch, "PmtInfSts"))),
            None,
        )
    reason, explanation = _read_reason(original)
    report = StatusReport(
        text_at(message, "GrpHdr", "MsgId"),
        read_instant(child(message, "GrpHdr", "CreDtTm"), "CreDtTm"),
        text_at(original, "OrgnlMsgId"),
        group_status,
        tuple(payments),
        text_at(original, "OrgnlMsgNmId"),
        reason,
        explanation,
    )
    try:
        _check_report(report)
    except Iso20022Error as error:
        raise wrong(error.code, error.problem, original, error.element) from None
    return report


def _read_reason(parent: Element) -> tuple[str | None, str]:
    information = child(parent, "StsRsnInf")
    reason = child(information, "Rsn")
    code = text_at(reason, "Cd") or text_at(reason, "Prtry")
    lines = [] if information is None else [line.text or "" for line in information.iterchildren("{*}AddtlInf")]
    return code or None, " ".join(line.strip() for line in lines if line.strip())
