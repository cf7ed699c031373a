"""A made-up joinery's accounts: FEC, invoices, fuel card, meters. None of it is a real company's."""

import io

from fpdf import FPDF
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, NameObject

FEC_HEAD = (
    "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\t"
    "PieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise"
)


def fec_line(
    number: str, day: str, account: str, title: str, debit: str, credit: str, *, party: str = "", ref: str = "F1",
    text: str = "Facture", journal: str = "AC",
) -> str:  # fmt: skip
    aux = f"401{party[:3].upper()}" if party else ""
    cells = (journal, "Achats", number, day, account, title, aux, party, ref, day, text, debit, credit, "", "", day)
    return "\t".join((*cells, "", ""))


FEC = "\n".join(
    (
        FEC_HEAD,
        fec_line("1", "20250115", "60610000", "Électricité", "1000,00", "0,00", text="Électricité janvier"),
        fec_line("1", "20250115", "44566000", "TVA déductible", "200,00", ""),
        fec_line("1", "20250115", "40100000", "Fournisseurs", "0,00", "1200,00", party="Volt & Fils"),
        fec_line("2", "20250210", "62600000", "Affranchissements", "50,5", "", ref="P7", text="Courrier"),
        fec_line("2", "20250210", "51200000", "Banque", "", "50,5", ref="P7"),
        "",
    )
)

CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocument><ram:ID>FX-2025-17</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20250304</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem>
<ram:SpecifiedTradeProduct><ram:Name>Gazole non routier</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="LTR">500.0</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>550.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>
<ram:IncludedSupplyChainTradeLineItem>
<ram:SpecifiedTradeProduct><ram:Name>Livraison</ram:Name>
<ram:DesignatedProductClassification><ram:ClassCode listID="TSP">78101801</ram:ClassCode>
</ram:DesignatedProductClassification></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">1</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>60.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:Name>Carburants du Marais</ram:Name></ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Menuiserie Inventée</ram:Name></ram:BuyerTradeParty>
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>610.00</ram:LineTotalAmount><ram:TaxBasisTotalAmount>610.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">122.00</ram:TaxTotalAmount><ram:GrandTotalAmount>732.00</ram:GrandTotalAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>
"""

UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
<cbc:ID>B-88</cbc:ID><cbc:IssueDate>2025-05-06</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PartyLegalEntity>
<cbc:RegistrationName>Papeterie Rêvée</cbc:RegistrationName><cbc:CompanyID>000000001</cbc:CompanyID>
</cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity>
<cbc:RegistrationName>Menuiserie Inventée</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party>
</cac:AccountingCustomerParty>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">80.00</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="EUR">75.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">90.00</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">10</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">80.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Ramettes de papier A4</cbc:Name><cac:CommodityClassification>
<cbc:ItemClassificationCode listID="TST">14111507</cbc:ItemClassificationCode></cac:CommodityClassification>
</cac:Item></cac:InvoiceLine></Invoice>
"""
CREDIT_NOTE = (
    UBL.replace("Invoice-2", "CreditNote-2")
    .replace("<Invoice ", "<CreditNote ")
    .replace("</Invoice>", "</CreditNote>")
    .replace("InvoiceLine>", "CreditNoteLine>")
    .replace("InvoicedQuantity", "CreditedQuantity")
    .replace("<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", "<cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>")
)

FUEL_CARD = """Date;Produit;Litres;Montant TTC;Devise;Station;Immatriculation
03/01/2025;Gazole;52,40;89,60;EUR;Relais du Marais;AA-000-AA
13/01/2025;SP95-E10;38,00;66,12;EUR;Relais du Marais;BB-000-BB
"""

METER_INDEX = """date,meter,energy,unit,index
2024-12-31,E1,electricity,kWh,10000
2025-06-30,E1,electricity,kWh,14000
2025-12-31,E1,electricity,kWh,19000
"""
METER_MONTHS = """Date;Énergie;Unité;Consommation
01/01/2025;Gaz;kWh;1 200,5
01/02/2025;Gaz;kWh;900
"""


def pdf_with(name: str, xml: bytes) -> bytes:
    """A PDF that carries a file, as Factur-X does."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.cell(text="Invoice (made up)")
    pdf.embed_file(bytes=xml, basename=name)
    out = io.BytesIO()
    pdf.output(out)
    return out.getvalue()


def pdf_of_packed(packed: bytes, *, layers: int, copies: int) -> bytes:
    """A PDF with `copies` attachments of an invoice's name, each a stream of its own packed `layers` times by zlib."""
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    for _copy in range(copies):
        attached = writer.add_attachment("factur-x.xml", packed)
        stream = attached.pdf_object["/EF"]["/F"].get_object()  # type: ignore[index]
        stream[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode")] * layers)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
