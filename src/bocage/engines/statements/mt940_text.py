"""The free part of MT940: field :86: (German, Dutch and plain) and the :NS: records of some central European banks."""

import re
from dataclasses import dataclass

# What stands before ?20 and the like: the business transaction code of German banks, then their separator.
_GERMAN = re.compile(r"\s?(\d{3})([?>~@^+|<!])(?=\d\d)", re.ASCII)
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|IBAN|BIC)([+:]) ?")
_DUTCH_KEYS = (
    "TRTP|TYPE|IBAN|BIC|NAME|REMI|EREF|MARF|CSID|ORDP|BENM|ISDT|TRCD|RTRN|SVCL|PREF|NRTX|PURP|ULTC|ULTD|ADDR|ID|USTD|STRD|"
    "ACCW|PT|PY|FT|PREF|PHON|CNTP|TRAN"
)
_DUTCH = re.compile(rf"/({_DUTCH_KEYS})/")
_NS_RECORD = re.compile(r"(\d\d)(.*)", re.ASCII)
_NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NICHT ANGEGEBEN"})

SUBFIELD_CHARACTERS = 27
TEXT_FIELDS = [f"{number:02}" for number in (*range(20, 30), *range(60, 64))]


@dataclass(frozen=True, slots=True)
class Details:
    """What a free text says, as far as its form is known."""

    text: str
    counterparty: str = ""
    reference: str = ""
    label: str = ""


def reference_or_none(text: str) -> str | None:
    """A reference, unless it is one of the words that mean there is none."""
    text = text.strip()
    return None if text.upper() in _NO_REFERENCE else text


def read_details(lines: list[str]) -> Details:
    """The details in the lines of a field :86:."""
    joined = "".join(lines)
    if match := _GERMAN.match(joined):
        return _german(joined[match.end(2) :], match[2])
    if lines and _DUTCH.match(joined):
        return _dutch(joined)
    return Details("\n".join(lines))


def _german(body: str, separator: str) -> Details:
    fields: dict[str, str] = {}
    for piece in body.split(separator):
        if len(piece) >= 2 and piece[:2].isdigit():
            fields[piece[:2]] = fields.get(piece[:2], "") + piece[2:]
    words = _rejoined([fields[code] for code in TEXT_FIELDS if code in fields])
    sepa = _sepa(words)
    name = _rejoined([fields[code] for code in ("32", "33") if code in fields]).strip()
    text = sepa.get("SVWZ", "").strip() or words.strip()
    if not text:
        text = fields.get("00", "")
    return Details(
        text, sepa.get("ABWA", "").strip() or name, sepa.get("EREF", "").strip(), fields.get("00", "").strip()
    )


def _rejoined(pieces: list[str]) -> str:
    """Subfields as one text: a full one was cut wherever it was full, a shorter one ended with its word."""
    return "".join(piece if len(piece) >= SUBFIELD_CHARACTERS else f"{piece} " for piece in pieces)


def _sepa(words: str) -> dict[str, str]:
    """The parts that SEPA keywords such as SVWZ+ begin; the first of each wins."""
    found: dict[str, str] = {}
    marks = list(_SEPA.finditer(words))
    if not any(mark[2] == "+" for mark in marks):
        return found
    marks = [mark for mark in marks if mark[2] == "+"]
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        found.setdefault(mark[1], words[mark.end() : after.start() if after else None])
    return found


def _dutch(joined: str) -> Details:
    marks = list(_DUTCH.finditer(joined))
    found: dict[str, str] = {}
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        found.setdefault(mark[1], joined[mark.end() : after.start() if after else None].strip("/ "))
    name = found.get("NAME", "")
    if not name:
        for key in ("CNTP", "BENM", "ORDP"):
            name = name or found.get(key, "")
    remittance = found.get("REMI", "") or found.get("USTD", "") or found.get("PY", "")
    text = re.sub(r"^(?:USTD|STRD)/+", "", remittance)
    return Details(text or joined, name, found.get("EREF", ""), found.get("TRTP", ""))


def read_ns(lines: list[str]) -> Details:
    """The details in an :NS: field: 01-14 text, 15-16 the other party, 17 the kind of booking."""
    fields: dict[str, str] = {}
    last = ""
    for line in lines:
        if match := _NS_RECORD.match(line):
            last = match[1]
            fields[last] = fields.get(last, "") + match[2]
    text = " ".join(fields[code] for code in sorted(fields) if "01" <= code <= "14")
    name = " ".join(fields[code].strip() for code in ("15", "16") if code in fields)
    return Details(text or fields.get("17", ""), name, "", fields.get("17", ""))
