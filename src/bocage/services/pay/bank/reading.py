"""The booked entries of a camt.053 with the bank's own references, which say what was taken before."""

from dataclasses import dataclass

from bocage.engines.iso20022 import Iso20022Error
from bocage.engines.iso20022.documents import (
    Element,
    child,
    line_of,
    message_name,
    parse,
    read_minor,
    text_at,
    validate_tree,
)

_BOOKED = "BOOK"
_NOT_PROVIDED = "NOTPROVIDED"
TEXT_CHARACTERS_MAX = 280


@dataclass(frozen=True)
class Booked:
    """One movement of the account: `amount_minor` is signed, + for money in. `reference` is unique at the bank."""

    reference: str
    amount_minor: int
    currency: str
    end_to_end_id: str
    party_name: str
    text: str


def message_of(xml: bytes) -> str:
    """Which message a file is, such as "camt.053.001.08", once it is valid against that message's schema."""
    root = parse(xml)
    name = message_name(root)
    validate_tree(root, name)
    return name


def read_entries(xml: bytes, iban: str) -> list[Booked]:
    """The booked entries of the account `iban`, in order. Raises Iso20022Error, another account's too."""
    root = parse(xml)
    found: list[Booked] = []
    for statement in child_list(child(root, "BkToCstmrStmt"), "Stmt"):
        stated = "".join(text_at(statement, "Acct", "Id", "IBAN").split())
        if stated != iban:
            raise Iso20022Error(
                "other-account",
                f"The statement is of {stated or 'no IBAN'}.",
                element="Acct/Id",
                line=line_of(statement),
            )
        for number, entry in enumerate(child_list(statement, "Ntry"), 1):
            status = text_at(entry, "Sts", "Cd") or text_at(entry, "Sts")
            if status == _BOOKED:
                found += _entry(entry, f"{text_at(statement, 'Id')}#{number}")
    return found


def child_list(element: Element | None, name: str) -> list[Element]:
    """The direct children of a local name."""
    return [] if element is None else list(element.iterchildren(f"{{*}}{name}"))


def _entry(entry: Element, fallback: str) -> list[Booked]:
    """The entry, or each transaction of a batch where they add up to it."""
    sign = 1 if text_at(entry, "CdtDbtInd") == "CRDT" else -1
    total_minor, currency = _amount(entry)
    details = [each for group in child_list(entry, "NtryDtls") for each in child_list(group, "TxDtls")]
    reference = text_at(entry, "AcctSvcrRef")
    if len(details) > 1:
        parts = [(each, *_amount(each)) for each in details if child(each, "Amt") is not None]
        if len(parts) == len(details) and sum(minor for _each, minor, _code in parts) == total_minor:
            own = [text_at(each, "Refs", "AcctSvcrRef") for each in details]
            # Some banks repeat the entry's reference in each of its transactions: then the place in the batch tells.
            if not all(own) or len(set(own)) < len(own):
                own = [f"{reference or fallback}/{number}" for number in range(1, len(own) + 1)]
            return [
                _booked(each, sign * minor, code, named) for (each, minor, code), named in zip(parts, own, strict=True)
            ]
    only = details[0] if details else entry
    reference = reference or text_at(only, "Refs", "AcctSvcrRef") or fallback
    return [_booked(only, sign * total_minor, currency, reference)]


def _amount(element: Element) -> tuple[int, str]:
    amount = child(element, "Amt")
    if amount is None:
        raise Iso20022Error("amount-wrong", "The entry has no amount.", element="Amt", line=line_of(element))
    return read_minor(amount, "Amt")


def _booked(details: Element, amount_minor: int, currency: str, reference: str) -> Booked:
    end_to_end_id = text_at(details, "Refs", "EndToEndId")
    remittance = child(details, "RmtInf")
    texts = [(each.text or "").strip() for each in child_list(remittance, "Ustrd")]
    texts += [text_at(each, "CdtrRefInf", "Ref") for each in child_list(remittance, "Strd")]
    side = "Dbtr" if amount_minor > 0 else "Cdtr"
    parties = child(details, "RltdPties")
    name = text_at(parties, side, "Pty", "Nm") or text_at(parties, side, "Nm")
    return Booked(
        reference=reference[:70],
        amount_minor=amount_minor,
        currency=currency,
        end_to_end_id="" if end_to_end_id == _NOT_PROVIDED else end_to_end_id,
        party_name=name[:140],
        text=" ".join(filter(None, texts))[:TEXT_CHARACTERS_MAX],
    )
