"""What banks call their columns, in English, French, German, Spanish, Italian and Dutch.

Names are compared as letters and digits only, without case and accents, and without a currency at the end ("Betrag
(EUR)" is "betrag"). In each list the better name for its role comes first. Which names a column has is only half of
the evidence: `csv_shape` also looks at what is in it.
"""

import re
import unicodedata
from functools import cache

from .currencies import is_currency

_ALNUM = re.compile(r"[a-z0-9]+")
_CURRENCY_WORDS = {"euro": "EUR", "euros": "EUR", "dollars": "USD", "pounds": "GBP", "eur": "EUR"}
_PREPOSITIONS = frozenset({"in", "en", "em", "de"})


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BOOKED = _words("""
    bookingdate bookeddate postingdate posteddate postdate dateposted completeddate datecomptable
    datedecomptabilisation dateop dateoperation datedeloperation datedoperation buchungstag buchungsdatum
    buchung datumbuchung fechacontable fechaoperacion fechadeoperacion foperacion dataoperazione datacontabile
    dataregistrazione boekdatum boekingsdatum transactiondate transactiedatum datedetransaction datetransaction
    date datum fecha data created createdat createdon starteddate datetime timestamp
""")
VALUED = _words("""
    valuedate datevaleur datedevaleur dateval valeur wertstellung wertstellungsdatum valutadatum valuta
    fechavalor fvalor fechadevalor datavaluta rentedatum interestdate effectivedate
""")
AMOUNT = _words("""
    amount transactionamount bookingamount betrag umsatz umsatzbetrag betraginkontowahrung montant
    montantdeloperation montantoperation importe importo bedrag transactiebedrag amountsigned amt value
    netamount
""")
DEBIT = _words("""
    debit debitamount debits amountdebit montantdebit debitmontant withdrawal withdrawals withdrawalamount
    withdrawalamt paidout moneyout out amountout soll belastung belastungen lastschrift ausgang ausgaben cargo
    cargos debe adeudo gasto gastos addebito addebiti dare uscite uscita af debet uitgaven depense depenses
""")
CREDIT = _words("""
    credit creditamount credits amountcredit montantcredit creditmontant deposit deposits depositamount
    depositamt paidin moneyin in amountin haben gutschrift gutschriften eingang einnahmen abono abonos haber
    ingreso ingresos accredito accrediti avere entrate entrata bij inkomsten recette recettes
""")
DIRECTION = _words("""
    debitcredit creditdebit debitorcredit creditordebit debitcreditindicator creditdebitindicator drcr crdr dc
    cd afbij bijaf debetcredit sollhaben sh sens debitcreditcode direction transactiontype type dareavere
    debehaber
""")
BALANCE = _words("""
    balance runningbalance accountbalance balanceafter balanceaftertransaction closingbalance saldo solde
    saldonamutatie saldonatrn saldonachbuchung endsaldo kontostand soldeapresoperation soldecomptable
    saldocontabile saldocontable
""")
CURRENCY = _words("""
    currency currencycode transactioncurrency accountcurrency ccy devise monnaie wahrung waehrung munt muntsoort
    divisa moneda valuta
""")
TEXT = _words("""
    description transactiondescription descriptions details transactiondetails memo narrative narration
    particulars paymentreference paymentdetails notes notesandtags additionaldescription libelle
    libellesimplifie libelleoperation libelledeloperation libelledetaille detail detailsdeloperation
    detaildelecriture natureoperation naturedeloperation informationscomplementaires commentaire comment motif
    communication communications label verwendungszweck buchungstext vorgang vorgangverwendungszweck
    buchungsdetails avisierungstext mitteilungstext bemerkung umsatztext beschreibung concepto movimiento
    descripcion observaciones masdatos comentarios detalle descrizione causale dettagli dettaglio operazione
    descrizioneoperazione descrizioneestesa omschrijving mededelingen mededeling naamomschrijving omschrijving1
    omschrijving2 omschrijving3 description1 description2 description3 spendingnotes
""")
COUNTERPARTY = _words("""
    counterparty counterpartyname partnername payeename payee merchantname merchant storename beneficiary
    beneficiaryname name nomcontrepartie nomdelacontrepartie contrepartie beneficiaire tiers supplierfound
    beguenstigterzahlungspflichtiger begunstigterzahlungspflichtiger auftraggeberbegunstigter
    auftraggeberbeguenstigter auftraggeberempfanger auftraggeberempfaenger namezahlungsbeteiligter empfanger
    empfaenger gegenpartei beneficiario beneficiarioordenante comercio controparte esercente naamtegenpartij
    tegenpartij naam
""")
PAYER = _words("""
    payername payer zahlungspflichtiger zahlungspflichtigerr zahlungspflichtige ordenante ordinante source
""")
PAYEE = _words("""
    payeename payee zahlungsempfanger zahlungsempfangerin zahlungsempfaenger target
""")
REFERENCE = _words("""
    transactionid reference referencenumber transactionreference ref id checknumber chequenumber kundenreferenz
    kundenreferenzendtoend referenz nodetransaction numerodoperation referencia riferimento transactiereferentie
    transferwiseid entryreference referenceid
""")
ACCOUNT = _words("""
    auftragskonto accountname account accountnum ibanbban rekening rekeningnummer compte cuenta conto konto
""")
ACCOUNT_IF_ONE = _words("""
    accountnumber iban numerodecompte kontonummer cardno cardnumber cardusedfortransaction
""")
MCC = _words("""
    mcc mcccode merchantcategorycode sic siccode merchantcategory
""")
KIND = _words("""
    transactiontype type kind category categorie kategorie categoria umsatztyp umsatzart typeoperation
    typedoperation mutatiesoort tipo tipodemovimiento spendingcategory code
""")
STATUS = _words("""
    status state etat statut estado stato info
""")
FEE = _words("""
    fee fees frais gebuhr
""")
FOREIGN_AMOUNT = _words("""
    originalamount localamount amountforeign foreignamount amountforeigncurrency oorsprbedrag montantdevise
    betragfremdwahrung transferamount
""")
FOREIGN_CURRENCY = _words("""
    originalcurrency localcurrency foreigncurrency typeforeigncurrency oorsprmunt fremdwahrung
    transferamountcurrency
""")

MONEY_OUT = frozenset(
    _words("""
    debit débit d dr db dbit af uit s soll debet debe cargo dare addebito uscita out withdrawal - belastung
""")
)
MONEY_IN = frozenset(
    _words("""
    credit crédit c cr crdt bij in h haben haber abono avere accredito entrata deposit + gutschrift
""")
)
NOT_BOOKED = frozenset(
    (
        *_words("pending failed declined reverted cancelled canceled rejected refused expired vorgemerkt"),
        *("umsatz vorgemerkt", "en attente", "refusé", "annulé", "pendiente", "rechazado", "in attesa", "rifiutato"),
        "in behandeling",
    )
)


@cache
def heading(text: str) -> tuple[str, str | None]:
    """(name to compare, currency that the heading ends with or None): "Gutschrift in CHF" -> ("gutschrift", "CHF")."""
    code = "EUR" if "€" in text else "GBP" if "£" in text else None
    folded = unicodedata.normalize("NFKD", text.casefold()).replace("ß", "ss")
    folded = "".join(character for character in folded if not unicodedata.combining(character))
    words = _ALNUM.findall(folded)
    if len(words) > 1:
        last = words[-1]
        named = _CURRENCY_WORDS.get(last) or (last.upper() if len(last) == 3 and is_currency(last) else None)
        if named:
            code = named
            words = words[:-1]
            if len(words) > 1 and words[-1] in _PREPOSITIONS:
                words = words[:-1]
    return "".join(words), code
