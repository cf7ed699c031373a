"""Small statements of invented people and banks, one for each format and dialect. None of this is anybody's."""

MT940 = """\
{1:F01TOWNFR2PXXXX0000000000}{2:O940TOWNFR2PXXXXN}{3:}{4:
:20:FICTION1
:25:20041010050500013M02606
:28C:1/1
:60F:C240105EUR1000,00
:61:2401050106D12,50NTRFNONREF//BANKREF1
:86:166?00KARTENZAHLUNG?20EREF+COFFEE-1?21SVWZ+Cafe an der Hecke, ein
?22e Tasse?32CAFE HECKE GMBH
:61:2312311231... not an entry
:61:2401060106CR200,NTRFSALARY-01
:86:/TRTP/SEPA OVERBOEKING/NAME/Werkgever BV/REMI/USTD//Salaris januari/EREF/SAL-24-01
:61:2401070107RC20,00NTRFNONREF
:86:Salary partly taken back
:61:2401070107RD2,50NTRFNONREF
:86:Coffee partly given back
:62F:C240107EUR1170,00
:64:C240107EUR1170,00
-}{5:}
{1:F01TOWNFR2PXXXX0000000000}{2:O940TOWNFR2PXXXXN}{3:}{4:
:20:FICTION2
:25:20041010050500013M02606
:28C:2/1
:60F:C240107EUR1170,00
:61:2402300301D6,00NCHGNONREF
:86:Account fee
:62F:C240301EUR1164,00
-}{5:}
"""

MT942 = """\
:20:FICTION
:25:FR7620041010050500013M02606
:28C:1/1
:34F:EURD0,00
:13D:2401051200+0100
:61:2401050105D3,20NTRFTRAM-1
:86:Tram ticket
:90D:1EUR3,20
-
"""

CAMT_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
 <BkToCstmrStmt><GrpHdr><MsgId>F-1</MsgId><CreDtTm>2024-01-31T20:00:00</CreDtTm></GrpHdr>
 <Stmt><Id>S-1</Id>
  <Acct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id><Ccy>EUR</Ccy></Acct>
"""

CAMT_V8 = (
    CAMT_HEAD.format(version="08")
    + """\
  <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>
   <Dt><Dt>2024-01-01</Dt></Dt></Bal>
  <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">40.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
   <Dt><Dt>2024-01-31</Dt></Dt></Bal>
  <Ntry><Amt Ccy="EUR">200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
   <BookgDt><DtTm>2024-01-05T09:00:00+01:00</DtTm></BookgDt><ValDt><Dt>2024-01-06</Dt></ValDt>
   <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
   <NtryDtls><TxDtls><Refs><EndToEndId>E2E-1</EndToEndId></Refs>
    <RltdPties><Dbtr><Pty><Nm>Ada Verger</Nm></Pty></Dbtr></RltdPties>
    <RmtInf><Ustrd>Rent, </Ustrd><Ustrd>January</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
  <Ntry><Amt Ccy="EUR">60.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
   <BookgDt><Dt>2024-01-09</Dt></BookgDt><BkTxCd/>
   <NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>
    <TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><AcctSvcrRef>B-1</AcctSvcrRef></Refs><Amt Ccy="EUR">45.50</Amt>
     <RltdPties><Cdtr><Pty><Nm>Halles du Centre</Nm></Pty></Cdtr></RltdPties></TxDtls>
    <TxDtls><Amt Ccy="EUR">14.50</Amt><RltdPties><Cdtr><Nm>Pharmacie</Nm></Cdtr></RltdPties></TxDtls>
   </NtryDtls></Ntry>
  <Ntry><Amt Ccy="EUR">9.99</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>
   <BookgDt><Dt>2024-01-31</Dt></BookgDt><BkTxCd/></Ntry>
 </Stmt></BkToCstmrStmt>
</Document>
"""
)

CAMT_FOREIGN = (
    CAMT_HEAD.format(version="02")
    + """\
  <Ntry><Amt Ccy="EUR">18.70</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-01-09</Dt></BookgDt>
   <BkTxCd/><NtryDtls><TxDtls>
    <AmtDtls><InstdAmt><Amt Ccy="JPY">3000</Amt></InstdAmt></AmtDtls>
    <RmtInf><Ustrd>Konbini</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
 </Stmt></BkToCstmrStmt>
</Document>
"""
)

CAMT_V1 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.01">
 <BkToCstmrDbtCdtNtfctnV01><GrpHdr><MsgId>N</MsgId><CreDtTm>2009-01-05T10:00:00</CreDtTm></GrpHdr>
 <Ntfctn><Id>1</Id><Acct><Id><BBAN>0500013M02606</BBAN></Id></Acct>
  <Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2009-01-05</Dt></BookgDt>
   <BkTxCd/><TxDtls><RltdPties><Dbtr><Nm>Zoé Forêt</Nm></Dbtr></RltdPties></TxDtls>
   <AddtlNtryInf>Cadeau</AddtlNtryInf></Ntry>
 </Ntfctn></BkToCstmrDbtCdtNtfctnV01></Document>
"""

OFX_SGML = """\
OFXHEADER:100
DATA:OFXSGML
VERSION:102
ENCODING:USASCII
CHARSET:1252

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20240131<LANGUAGE></SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>30004<ACCTID>00012345678<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20240101<DTEND>20240131
<STMTTRN><TRNTYPE>POS<DTPOSTED>20240105120000.000[+1:CET]<TRNAMT>-12,50<FITID>F1<SIC>5812
<NAME>Caf\u00e9 &amp; Co<MEMO>CARTE 05/01</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20240106<TRNAMT>1200,00<FITID>F2<NAME>Employer</STMTTRN>
<STMTTRN><TRNTYPE>POS<DTPOSTED>20240107<TRNAMT>-18,70<FITID>F3<NAME>Konbini
<ORIGCURRENCY><CURRATE>0.00623333<CURSYM>JPY</ORIGCURRENCY></STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>2168,80<DTASOF>20240131</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""

OFX_XML = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><TRNUID>1</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>
<CCSTMTRS><CURDEF>GBP</CURDEF><CCACCTFROM><ACCTID>4000000000000000</ACCTID></CCACCTFROM><BANKTRANLIST>
<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240109</DTPOSTED><TRNAMT>-8.40</TRNAMT><FITID>1</FITID>
<NAME><![CDATA[Bread & <Butter>]]></NAME><MEMO></MEMO></STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>-8.40</BALAMT><DTASOF>20240131</DTASOF></LEDGERBAL>
</CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>
"""

QIF = """\
!Account
NHousehold
TBank
^
!Type:Bank
D1/ 1'24
T500.00
POpening Balance
L[Household]
^
D1/13'24
T-1,034.20
PHalles du Centre
MWeekly shopping
SFood
$-1,000.00
SHome
$-34.20
^
D2/2'24
U-7.00
PTram
^
"""

# One bank's habits a language: names, delimiter, decimal sign, order of dates, how it says in or out.
CSV_FRENCH = """\
Titulaire;Camille Fictive
Solde au 31/01/2024;1 987,50 €

Date opération;Date de valeur;Libellé;Débit euros;Crédit euros
05/01/2024;06/01/2024;CARTE BOULANGERIE;-12,50;
31/01/2024;31/01/2024;VIR SALAIRE;;2 000,00
"""
CSV_GERMAN = "\n".join(
    [
        '"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";'
        '"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"Betrag";"Waehrung";"Info"',
        '"DE00000000000000000000";"05.01.24";"05.01.24";"KARTENZAHLUNG";"Ein Kaffee";'
        '"Cafe Hecke";"DE11";"-1.012,50";"EUR";"Umsatz gebucht"',
        '"DE00000000000000000000";"06.01.24";"06.01.24";"LASTSCHRIFT";"Strom";'
        '"Stadtwerke";"DE22";"-80,00";"EUR";"Umsatz vorgemerkt"',
    ]
)
CSV_DUTCH = "\n".join(
    [
        '"Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";'
        '"Af Bij";"Bedrag (EUR)";"Mutatiesoort";"Mededelingen";"Saldo na mutatie"',
        '"20240106";"Werkgever BV";"NL00TEST0000000000";"NL11";"GT";'
        '"Bij";"1200,00";"Online bankieren";"Salaris";"2187,50"',
        '"20240105";"Cafe Haag";"NL00TEST0000000000";"";"BA";"Af";"12,50";"Betaalautomaat";"Koffie";"987,50"',
    ]
)
CSV_SPANISH = """\
Fecha;Fecha valor;Concepto;Importe;Divisa;Saldo
05/01/2024;05/01/2024;COMPRA PANADERIA;-12,50;EUR;987,50
06/01/2024;06/01/2024;NOMINA;1.200,00;EUR;2.187,50
"""
CSV_ITALIAN = """\
Data contabile;Data valuta;Descrizione;Dare;Avere
05/01/2024;05/01/2024;Pagamento panificio;12,50;
06/01/2024;06/01/2024;Stipendio;;1.200,00
"""
CSV_ENGLISH = """\
Transaction ID,Date,Time,Type,Name,Category,Amount,Currency,Local amount,Local currency,Notes and #tags,MCC
t1,05/01/2024,09:00:00,Card payment,Hedge Cafe,Eating out,-12.50,GBP,-15.00,EUR,Flat white,5812
t2,26/01/2024,09:00:00,Faster payment,Employer,Income,1200.00,GBP,1200.00,GBP,January,
"""
CSV_FEES = """\
Type,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance
CARD_PAYMENT,2024-01-04 10:00:00,2024-01-05 10:00:01,Hedge Cafe,-4.50,0.00,GBP,COMPLETED,995.50
EXCHANGE,2024-01-06 10:00:00,2024-01-06 10:00:01,To EUR,-100.00,0.50,GBP,COMPLETED,895.00
CARD_PAYMENT,2024-01-08 10:00:00,,Hedge Cafe,-4.50,0.00,GBP,REVERTED,
"""
CSV_BARE = """\
123456789\tEUR\t20240105\t1000,00\t987,50\t20240105\t-12,50\tBEA Cafe Haag, koffie
123456789\tEUR\t20240106\t987,50\t2187,50\t20240106\t1200,00\tSalaris januari van Werkgever
"""
