"""XML from strangers: no DTD, no entities, no network, no trees of unbounded size."""

import re

from lxml import etree

from .encodings import decode
from .types import Format, Note, StatementError

_DECLARATION = re.compile(
    r"""\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["'][^>]{0,100}\?>""", re.ASCII
)
_PROLOGUE = re.compile(r"\s*<\?xml\b[^>]{0,300}\?>")
_DTD = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(le|be)?|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d|cp125\d", re.IGNORECASE
)
_HEAD_BYTES = 400
_ADVICE = "Download the file from your bank again."

CONTAINERS: dict[str, Format] = {
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
    # The first version of the three messages (.001.01) names them otherwise.
    "BkToCstmrAcctRptV01": "camt.052",
    "BkToCstmrStmtV01": "camt.053",
    "BkToCstmrDbtCdtNtfctnV01": "camt.054",
}


def xml_text(data: bytes) -> tuple[str, str, list[Note]]:
    """(text without its XML declaration, name of the encoding, notes). Refuses a DTD. Raises `StatementError`."""
    match = _DECLARATION.match(data[:_HEAD_BYTES].decode("latin-1"))
    declared = None
    if match:
        declared = match[1].lower()
        if not _ENCODINGS.fullmatch(declared):
            problem = f"The encoding {match[1]!r} is not one that statements use."
            raise StatementError("encoding-unknown", problem, "Save the file as UTF-8.", line=1)
        if declared.startswith("utf-16"):
            declared = None  # an XML declaration that can be read as bytes is not in UTF-16
    text, encoding, notes = decode(data, declared or "utf-8" if match else None)
    dtd = _DTD.search(text)
    if dtd:
        line = text.count("\n", 0, dtd.start()) + 1
        problem = f"The XML brings its own definitions (<!{dtd[1]}), which no bank statement does."
        raise StatementError("xml-entities", problem, _ADVICE, line=line)
    prologue = _PROLOGUE.match(text)
    if prologue:
        text = "\n" * prologue[0].count("\n") + text[prologue.end() :]
    return text, encoding, notes


def parse_xml(text: str) -> etree._Element:
    """The root element, its line numbers those of the file. Raises `StatementError` naming the line."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        # Surrogates cannot be written as UTF-8; XML does not allow them either.
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        why = (error.msg or "it cannot be read").rpartition(", line ")[0] or error.msg or "it cannot be read"
        last = text.count("\n") + 1
        cut = "Premature end" in why or "EndTag: '</' not found" in why or (line >= last and "not found" in why)
        code = "truncated" if cut else "xml-broken"
        problem = f"The XML is cut short: {why}." if cut else f"The XML is broken: {why}."
        raise StatementError(code, problem, _ADVICE, line=line) from None


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def line_of(element: etree._Element) -> int:
    """The line of the file on which an element begins."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 1


def root_name(root: etree._Element) -> Format:
    """Which cash-management message an XML document is. Raises `StatementError` for any other document."""
    candidates = [local(root), *(local(child) for child in root)]
    for name in candidates:
        if name in CONTAINERS:
            return CONTAINERS[name]
    named = " / ".join(candidates[:2])[:80]
    problem = f"The XML is <{named}>, not a bank's statement (CAMT.052, .053 or .054)."
    raise StatementError("not-a-statement", problem, "Export the account's statement as CAMT.053.", line=line_of(root))
