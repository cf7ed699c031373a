"""Statements of the town's account from any bank, read to be compared with the ledger."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from bocage.engines import statements
from bocage.engines.reconciliation import reference_key
from bocage.engines.statements import Line, Statement, StatementError
from bocage.services.pay import limits, references

FORMATS = ("camt.052", "camt.053", "camt.054", "mt940")
TEXT_CHARACTERS_MAX = 280
PARTY_CHARACTERS_MAX = 140
NAME_CHARACTERS_MAX = 140
FILE_NAME_CHARACTERS_MAX = 120
# The end-to-end id that Pay gives its pay-outs, in whatever field a bank hands it on.
_END_TO_END = re.compile(r"BOCAGE[0-9A-F]{26}")
_ADVICE = "Take the town's own camt.053 or camt.054 from the bank."


@dataclass(frozen=True)
class Seen:
    """A booked line of the town's account. `names` are the keys of every reference that it gives.

    The same line again has the same `fingerprint` and `reference`. With a reference of the bank's: by day, amount and
    words, in whatever file. Without one, two alike are two, unless they are the same of their kind in one statement: in
    what the bank calls the same, or in the same file where it gives no name.
    """

    account: str
    fingerprint: str
    reference: str
    names: tuple[str, ...]
    amount_minor: int
    currency: str
    booked_on: date
    party_name: str
    text: str
    source_line: int


def read(name: str, content: bytes, iban: str, exponents: dict[str, int]) -> tuple[Statement, list[Seen]]:
    """The booked lines of one file, all or none. Raises `StatementError`: file, line and field, and what to do.

    `iban` is the town's account, "" where none is set; `exponents` are the ledger's decimals by currency.
    """
    bounds = statements.Limits(size_bytes=limits.BANK_FILE_BYTES_MAX)
    found = statements.read(content, name=name, limits=bounds)
    if found.format not in FORMATS:
        raise StatementError("not-a-statement", f"{found.format} is no statement to reconcile.", _ADVICE, name=name)
    for account in found.accounts:
        if iban and account.identifier and reference_key(account.identifier) != reference_key(iban):
            problem = f"The statement is of {account.identifier}, and the town's account is {iban}."
            raise StatementError("other-account", problem, _ADVICE, name=name, field="Acct/Id")
    for bad in found.bad_lines[:1]:
        more = f" So are {len(found.bad_lines) - 1} more." if len(found.bad_lines) > 1 else ""
        raise StatementError(bad.code, f"{bad.problem}{more}", _ADVICE, name=name, line=bad.line, field=bad.field)
    file, places = sha256(content).hexdigest(), Counter[str]()
    return found, [_seen(name, each, found, exponents, _fingerprint(each, file, places)) for each in found.lines]


def _fingerprint(line: Line, file: str, places: "Counter[str]") -> str:
    if line.reference:
        return line.fingerprint
    words = reference_key(f"{line.text}{line.counterparty or ''}")
    amount = f"{line.amount_minor}e-{line.exponent}|{line.currency}"
    kind = f"{line.statement or file}|{line.account}|{line.booked_on}|{amount}|{words}"
    places[kind] += 1
    return sha256(f"{kind}|{places[kind]}".encode()).hexdigest()


def _seen(name: str, line: Line, found: Statement, exponents: dict[str, int], fingerprint: str) -> Seen:
    finer = line.exponent - exponents.get(line.currency, line.exponent)
    amount_minor, rest = divmod(line.amount_minor, 10**finer) if finer >= 0 else (line.amount_minor * 10**-finer, 0)
    if rest:
        problem = f"The amount has more decimals than the ledger keeps of {line.currency}."
        raise StatementError("amount-too-fine", problem, _ADVICE, name=name, line=line.source_line, field="Amt")
    text = line.text.replace("\0", "")
    given = [line.reference or "", references.find_reference(text) or "", *_END_TO_END.findall(reference_key(text))]
    keys = [reference_key(each)[:NAME_CHARACTERS_MAX] for each in given]
    return Seen(
        account=reference_key(found.accounts[line.account].identifier or "")[:64],
        fingerprint=fingerprint,
        reference=(line.reference or "")[:NAME_CHARACTERS_MAX],
        names=tuple(dict.fromkeys(key for key in keys if key)),
        amount_minor=amount_minor,
        currency=line.currency,
        booked_on=line.booked_on,
        party_name=(line.counterparty or "")[:PARTY_CHARACTERS_MAX],
        text=text[:TEXT_CHARACTERS_MAX],
        source_line=line.source_line,
    )
