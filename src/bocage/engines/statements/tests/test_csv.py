"""A bank's CSV in six languages, with what its columns prove and what they leave open."""

import random

import pytest

from bocage.engines.statements import CsvMapping, Statement, StatementError, preview_csv, read

from . import samples


def rows(statement: Statement) -> list[tuple[str, int, str, str | None]]:
    return [
        (line.booked_on.isoformat(), line.amount_minor, line.currency, line.counterparty) for line in statement.lines
    ]


def codes(statement: Statement) -> set[str]:
    return {note.code for note in statement.notes}


def test_french_with_lines_before_the_headings() -> None:
    statement = read(samples.CSV_FRENCH.encode("cp1252"))
    assert rows(statement) == [("2024-01-05", -1250, "EUR", None), ("2024-01-31", 200000, "EUR", None)]
    assert [line.text for line in statement.lines] == ["CARTE BOULANGERIE", "VIR SALAIRE"]
    assert statement.lines[0].value_on is not None
    assert statement.encoding == "cp1252"
    assert "encoding-guessed" in codes(statement)


def test_german_thousands_short_years_and_what_is_only_announced() -> None:
    statement = read(samples.CSV_GERMAN.encode())
    assert rows(statement) == [("2024-01-05", -101250, "EUR", "Cafe Hecke")]
    assert statement.lines[0].text == "KARTENZAHLUNG Ein Kaffee"
    assert statement.accounts[0].identifier == "DE00000000000000000000"
    assert "not-booked" in codes(statement)


def test_dutch_words_for_in_and_out_and_newest_first() -> None:
    statement = read(samples.CSV_DUTCH.encode())
    assert [line.amount_minor for line in statement.lines] == [120000, -1250]
    account = statement.accounts[0]
    assert (account.opening_minor, account.closing_minor, account.reconciles) == (100000, 218750, True)


def test_spanish_balance_oldest_first() -> None:
    account = read(samples.CSV_SPANISH.encode()).accounts[0]
    assert (account.opening_minor, account.closing_minor, account.reconciles) == (100000, 218750, True)


def test_italian_debit_and_credit_columns() -> None:
    statement = read(samples.CSV_ITALIAN.encode())
    assert [line.amount_minor for line in statement.lines] == [-1250, 120000]


def test_english_with_foreign_amount_and_merchant_category() -> None:
    statement = read(samples.CSV_ENGLISH.encode())
    first, second = statement.lines
    assert (first.mcc, first.counterparty, first.text, first.reference) == ("5812", "Hedge Cafe", "Flat white", "t1")
    assert first.foreign is not None
    assert (first.foreign.amount_minor, first.foreign.currency) == (-1500, "EUR")
    assert (second.mcc, second.foreign, second.booked_on.isoformat()) == (None, None, "2024-01-26")


def test_fees_stated_apart_are_taken_off_when_the_balance_says_so() -> None:
    statement = read(samples.CSV_FEES.encode())
    assert [line.amount_minor for line in statement.lines] == [-450, -10050]
    assert statement.accounts[0].reconciles is True
    assert {"fees-included", "not-booked"} <= codes(statement)


def test_a_file_without_headings() -> None:
    statement = read(samples.CSV_BARE.encode())
    assert rows(statement)[0] == ("2024-01-05", -1250, "EUR", "BEA Cafe Haag, koffie")
    assert (statement.accounts[0].opening_minor, statement.accounts[0].reconciles) == (100000, True)


def test_rows_of_one_day_in_any_order_are_one_chain() -> None:
    balance, steps = 0, []
    for amount in (500, -120, 75, -120, 500, 3):
        balance += amount
        steps.append(f"2024-01-05,step,{amount / 100:.2f},{balance / 100:.2f}")
    for seed in range(20):
        random.Random(seed).shuffle(steps)
        account = read("\n".join(["Date,Description,Amount,Balance", *steps]).encode()).accounts[0]
        assert (account.opening_minor, account.closing_minor, account.reconciles) == (0, balance, True)


def test_a_broken_chain_is_named_where_it_breaks() -> None:
    text = samples.CSV_SPANISH.replace("2.187,50", "2.187,51")
    statement = read(text.encode())
    assert statement.accounts[0].reconciles is False
    assert [(note.code, note.line) for note in statement.notes if note.code == "balance-broken"] == [
        ("balance-broken", 3)
    ]


@pytest.mark.parametrize(
    ("dates", "currency", "expected", "assumed"),
    [
        (["05/01/2024", "13/01/2024"], "USD", "2024-01-05", False),  # a 13th can only be a day
        (["05/01/2024", "05/13/2024"], "EUR", "2024-05-01", False),
        (["05/01/2024", "02/02/2024", "03/03/2024"], "USD", "2024-01-05", False),  # sorted only with the day first
        (["01/05/2024", "02/03/2024", "02/04/2024"], "EUR", "2024-01-05", False),  # ... only with the month first
        (["05/01/2024", "06/01/2024"], "EUR", "2024-01-05", True),
        (["05/01/2024", "06/01/2024"], "USD", "2024-05-01", True),
        (["5 janv. 2024", "6 févr. 2024"], "EUR", "2024-01-05", False),
        (["Jan 5, 2024", "Feb 6, 2024"], "EUR", "2024-01-05", False),
        (["2024-01-05T23:59:59Z", "2024-01-06T00:00:01+02:00"], "EUR", "2024-01-05", False),
        (["20240105", "20240106"], "EUR", "2024-01-05", False),
        (["05.01.70", "06.01.69"], "EUR", "1970-01-05", True),
    ],
)
def test_the_order_of_dates_is_proved_by_the_column_or_assumed_aloud(
    dates: list[str], currency: str, expected: str, assumed: bool
) -> None:
    text = "\n".join(["Date;Description;Amount", *(f"{day};thing;-1.00" for day in dates)])
    statement = read(text.encode(), currency=currency)
    assert statement.lines[0].booked_on.isoformat() == expected
    assert ("date-order-assumed" in codes(statement)) is assumed


@pytest.mark.parametrize(
    ("amounts", "expected", "assumed"),
    [
        (["1.234,56", "7"], [123456, 700], False),
        (["1,234.56", "1,000"], [123456, 100000], False),
        (["1'234.50", "(12.00)"], [123450, -1200], False),
        (["12,5-", "€ 3,00", "4,00 EUR"], [-1250, 300, 400], False),
        (["1 234,00", "-0,5"], [123400, -50], False),
        (["1\u202f234,00", "\u22125,00"], [123400, -500], False),
        (["1.000", "2.000"], [100000, 200000], True),
        (["1,000", "-2,000"], [100000, -200000], True),
        (["12.00DR", "5.00CR"], [-1200, 500], False),
        (["1,00,000.00", "-1.00"], [10000000, -100], False),
    ],
)
def test_the_decimal_sign_is_proved_by_the_column_or_assumed_aloud(
    amounts: list[str], expected: list[int], assumed: bool
) -> None:
    text = "\n".join(["Date;Description;Amount", *(f"2024-01-05;thing;{amount}" for amount in amounts)])
    statement = read(text.encode(), currency="EUR")
    assert [line.amount_minor for line in statement.lines] == expected
    assert ("decimal-assumed" in codes(statement)) is assumed


def test_bad_rows_are_named_and_the_good_ones_kept() -> None:
    text = "\n".join(
        [
            "Date,Description,Amount,Currency",
            "2024-01-05,good,-1.00,EUR",
            "2024-02-30,no such day,-1.00,EUR",
            "2024-01-06,no amount,,EUR",
            "2024-01-07,not an amount,1.2.3,EUR",
            "1969-12-31,too old,-1.00,EUR",
            "2024-01-08,too much,99999999999999999,EUR",
            "2024-01-09,no such currency,-1.00,ZZZ",
            '2024-01-10,"a "bad" quote",-1.00,EUR',
            "2024-01-11,unquoted, comma,-1.00,EUR",
            f"2024-01-12,{'x' * 5000},-1.00,EUR",
            ",,-5.00,",
            "Total,,-7.00,",
            "2024-01-13,good,-2.00,EUR",
            "2024-01-14,cut sh",
        ]
    )
    statement = read(text.encode())
    assert [line.amount_minor for line in statement.lines] == [-100, -200]
    assert [(bad.line, bad.code) for bad in statement.bad_lines] == [
        (3, "date-unreadable"),
        (4, "amount-missing"),
        (5, "amount-unreadable"),
        (6, "date-out-of-range"),
        (7, "amount-out-of-range"),
        (8, "currency-unknown"),
        (9, "quotes-wrong"),
        (10, "row-long"),
        (11, "text-too-long"),
        (12, "date-missing"),
        (15, "row-short"),
    ]
    assert [(note.code, note.line) for note in statement.notes] == [("rows-left-out", 13)]


def test_a_mapping_says_what_no_name_tells() -> None:
    with pytest.raises(StatementError) as caught:
        read(b"a;b;c;d\n5th of the month;two;x;y\n")
    assert caught.value.code == "columns-unknown"
    text = "a;b;c;d\n03/04/24;2,50;Bäcker;x\n"
    mapping = CsvMapping(date=0, amount=1, text=(2,), date_order="mdy", decimal=",", negate=True)
    statement = read(text.encode(), mapping=mapping, currency="EUR")
    assert [(line.booked_on.isoformat(), line.amount_minor, line.text) for line in statement.lines] == [
        ("2024-03-04", -250, "Bäcker")
    ]
    by_name = CsvMapping(date="A", amount="b", text=("c", "d"), date_order="dmy", decimal=",")
    assert read(text.encode(), mapping=by_name).lines[0].text == "Bäcker x"


def test_a_mapping_to_a_column_that_is_not_there_is_refused() -> None:
    for mapping in (CsvMapping(date="Datum", amount="b"), CsvMapping(date=0, amount=9), CsvMapping(date=0)):
        with pytest.raises(StatementError) as caught:
            read(b"a;b;c\n2024-01-05;1;2\n", mapping=mapping)
        assert caught.value.code == "mapping-wrong"


def test_the_mapping_found_reads_the_file_alike() -> None:
    for text in (samples.CSV_FRENCH, samples.CSV_GERMAN, samples.CSV_DUTCH, samples.CSV_ENGLISH, samples.CSV_BARE):
        found = read(text.encode(), currency="EUR")
        assert found.mapping is not None
        again = read(text.encode(), mapping=found.mapping, currency="EUR")
        assert [line.amount_minor for line in again.lines] == [line.amount_minor for line in found.lines]
        assert [line.fingerprint for line in again.lines] == [line.fingerprint for line in found.lines]


def test_a_preview_shows_columns_to_choose_from() -> None:
    shown = preview_csv(b"a;b;c\n5th;two;three\n")
    assert (shown.delimiter, shown.rows, shown.mapping) == (";", (("a", "b", "c"), ("5th", "two", "three")), None)
    clear = preview_csv(samples.CSV_SPANISH.encode())
    assert clear.mapping is not None
    assert (clear.mapping.date, clear.mapping.amount, clear.mapping.text) == ("Fecha", "Importe", ("Concepto",))
    assert preview_csv(b"a|b;c\n1|2;3\n", delimiter="|").rows[0] == ("a", "b;c")
