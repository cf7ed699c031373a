"""Electronic invoices of EN 16931: UN/CEFACT Cross Industry Invoice (D16B, also inside Factur-X and ZUGFeRD) and OASIS
UBL 2.1 (Peppol BIS Billing 3.0), invoices and credit notes. XML by `xml_text`: no DTD, no entities, no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

from bocage.engines.statements.amounts import parse_amount
from bocage.engines.statements.currencies import currency_code, exponent_of
from bocage.engines.statements.dates import parse_date
from bocage.engines.statements.types import AMOUNT_LIMIT_MINOR, FieldError, StatementError
from bocage.engines.statements.xml_text import line_of, local

from .types import INVOICE_LINES_LIMIT, QUANTITY_LIMIT, Invoice, InvoiceLine

# UNTDID 1001: credit notes; the amounts of such a document go back to the buyer.
CREDIT_TYPES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
INVOICE_ROOTS = {"CrossIndustryInvoice": "cii", "CrossIndustryDocument": "cii", "Invoice": "ubl", "CreditNote": "ubl"}
ROUNDING_MINOR_A_LINE = 1
TEXT_CHARACTERS = 400
_ADVICE = "Ask the seller for the invoice again."

_CII = {
    "number": "ExchangedDocument/ID",
    "type": "ExchangedDocument/TypeCode",
    "date": "ExchangedDocument/IssueDateTime/DateTimeString",
    "currency": "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/InvoiceCurrencyCode",
    "seller": "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/SellerTradeParty/Name",
    "seller_id": "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/SellerTradeParty/"
    "SpecifiedLegalOrganization/ID",
    "buyer": "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/BuyerTradeParty/Name",
    "net": "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/"
    "SpecifiedTradeSettlementHeaderMonetarySummation/TaxBasisTotalAmount",
    "gross": "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/"
    "SpecifiedTradeSettlementHeaderMonetarySummation/GrandTotalAmount",
}
_CII_LINES = "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem"
_CII_LINE = {
    "text": "SpecifiedTradeProduct/Name",
    "detail": "SpecifiedTradeProduct/Description",
    "code": "SpecifiedTradeProduct/DesignatedProductClassification/ClassCode",
    "quantity": "SpecifiedLineTradeDelivery/BilledQuantity",
    "net": "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
}
_UBL = {
    "number": "ID",
    "type": "InvoiceTypeCode",
    "date": "IssueDate",
    "currency": "DocumentCurrencyCode",
    "seller": "AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName",
    "seller_name": "AccountingSupplierParty/Party/PartyName/Name",
    "seller_id": "AccountingSupplierParty/Party/PartyLegalEntity/CompanyID",
    "buyer": "AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName",
    "net": "LegalMonetaryTotal/TaxExclusiveAmount",
    "gross": "LegalMonetaryTotal/TaxInclusiveAmount",
}
_UBL_LINE = {
    "text": "Item/Name",
    "detail": "Item/Description",
    "code": "Item/CommodityClassification/ItemClassificationCode",
    "quantity": "InvoicedQuantity",
    "credited": "CreditedQuantity",
    "net": "LineExtensionAmount",
}


def invoice_format(root: etree._Element) -> str | None:
    """Whether the document is an invoice that is read here."""
    return INVOICE_ROOTS.get(local(root))


def read_invoice(root: etree._Element) -> Invoice:
    """The invoice. Raises `StatementError` naming line and field where anything needed is missing or unreadable."""
    if invoice_format(root) == "cii":
        return _invoice(root, "cii", _CII, list(_all(root, _CII_LINES)), _CII_LINE)
    lines = [child for child in root if local(child) in {"InvoiceLine", "CreditNoteLine"}]
    return _invoice(root, "ubl", _UBL, lines, _UBL_LINE)


def _invoice(
    root: etree._Element, kind: str, paths: dict[str, str], rows: list[etree._Element], line_paths: dict[str, str]
) -> Invoice:
    seen = _Reader(root, paths)
    if len(rows) > INVOICE_LINES_LIMIT:
        raise StatementError("too-many-lines", f"There are more than {INVOICE_LINES_LIMIT:,} lines.", _ADVICE)
    currency = seen.currency("currency")
    exponent = exponent_of(currency)
    is_credit = local(root) == "CreditNote" or seen.text("type") in CREDIT_TYPES
    sign = -1 if is_credit else 1
    net, gross = seen.amount("net", exponent), seen.amount("gross", exponent)
    lines = tuple(_line(_Reader(row, line_paths, root), exponent, sign) for row in rows)
    between = sign * net - sum(line.net_minor for line in lines)
    return Invoice(
        format="cii" if kind == "cii" else "ubl",
        source_line=line_of(root),
        number=seen.required("number")[:80],
        issued_on=seen.date("date"),
        seller=(seen.text("seller") or seen.text("seller_name") or seen.required("seller"))[:200],
        seller_id=seen.text("seller_id")[:80],
        buyer=seen.text("buyer")[:200],
        currency=currency,
        exponent=exponent,
        net_minor=sign * net,
        gross_minor=sign * gross,
        # The basic profiles of Factur-X have no lines at all; then the whole total is unallocated.
        unallocated_minor=0 if lines and abs(between) <= ROUNDING_MINOR_A_LINE * len(lines) else between,
        is_credit=is_credit,
        lines=lines,
    )


def _line(seen: "_Reader", exponent: int, sign: int) -> InvoiceLine:
    name, detail = seen.text("text"), seen.text("detail")
    text = name if detail in name else f"{name} {detail}"
    quantity, unit = seen.quantity("quantity")
    if quantity is None:
        quantity, unit = seen.quantity("credited")
    scheme, code = seen.classification("code")
    return InvoiceLine(
        source_line=line_of(seen.root),
        text=text[:TEXT_CHARACTERS],
        quantity=sign * quantity if quantity is not None else None,
        unit=unit,
        net_minor=sign * seen.amount("net", exponent),
        product_scheme=scheme,
        product_code=code,
    )


def _all(root: etree._Element, path: str) -> Iterator[etree._Element]:
    step, _, rest = path.partition("/")
    for child in root:
        if local(child) == step:
            if rest:
                yield from _all(child, rest)
            else:
                yield child


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads fields by the names of their elements, whatever prefix the file gives to their namespaces."""

    root: etree._Element
    paths: dict[str, str]
    document: etree._Element | None = None

    def find(self, name: str) -> etree._Element | None:
        path = self.paths.get(name)
        return next(_all(self.root, path), None) if path else None

    def text(self, name: str) -> str:
        found = self.find(name)
        return " ".join((found.text or "").split()) if found is not None else ""

    def required(self, name: str) -> str:
        text = self.text(name)
        if not text:
            raise self.wrong(name, FieldError("field-missing", name, "It is missing or empty."))
        return text

    def wrong(self, name: str, error: FieldError) -> StatementError:
        found = self.find(name)
        at = found if found is not None else self.root
        return StatementError(error.code, error.problem, _ADVICE, line=line_of(at), field=self.paths[name])

    def date(self, name: str) -> date:
        text = self.required(name)
        try:
            return parse_date(text, "ymd", name)
        except FieldError as error:
            raise self.wrong(name, error) from None

    def currency(self, name: str) -> str:
        try:
            return currency_code(self.required(name))
        except FieldError as error:
            raise self.wrong(name, error) from None

    def amount(self, name: str, exponent: int) -> int:
        text = self.required(name)
        try:
            units, decimals = parse_amount(text, ".", name)
            scaled = Decimal(units).scaleb(exponent - decimals)
            if scaled != scaled.to_integral_value():
                raise FieldError("amount-too-fine", name, f"{text[:40]!r} is finer than its currency.")
            minor = int(scaled.to_integral_value())
            if abs(minor) > AMOUNT_LIMIT_MINOR:
                raise FieldError("amount-too-large", name, f"{text[:40]!r} is too large.")
        except FieldError as error:
            raise self.wrong(name, error) from None
        return minor

    def quantity(self, name: str) -> tuple[Decimal | None, str]:
        found, text = self.find(name), self.text(name)
        if found is None or not text:
            return None, ""
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or abs(value) > QUANTITY_LIMIT:
            problem = f"{text[:40]!r} is not a quantity."
            raise self.wrong(name, FieldError("quantity-unreadable", name, problem))
        return value, str(found.get("unitCode") or "").upper()[:10]

    def classification(self, name: str) -> tuple[str, str]:
        found, code = self.find(name), self.text(name)
        if found is None:
            return "", ""
        return str(found.get("listID") or "").upper()[:20], code[:40]
