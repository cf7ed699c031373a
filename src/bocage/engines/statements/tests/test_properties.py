"""What holds for every file: round trips, stable and unique fingerprints, one kind of error, bounded time."""

import csv
import gc
import io
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocage.engines.statements import BadLine, Limits, Line, StatementError, read

from . import samples

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=30)
MOVEMENTS = st.lists(
    st.tuples(
        st.dates(date(1970, 1, 1), date(2100, 12, 31)),
        WORDS.map(str.strip).filter(lambda text: any(map(str.isalpha, text))),
        st.integers(-(10**12), 10**12),
    ),
    min_size=1,
    max_size=30,
)
SEEDS = [
    text.encode("latin-1" if "ISO-8859" in text else "utf-8")
    for name, text in vars(samples).items()
    if name.isupper() and not name.endswith("HEAD")
]


def decimal_text(minor: int, decimal: str, thousands: str) -> str:
    whole, part = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole:,}".replace(",", thousands) + f"{decimal}{part:02}"


@given(
    movements=MOVEMENTS,
    delimiter=st.sampled_from([";", "\t", "|"]),
    signs=st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'")]),
    pattern=st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=150, deadline=None)
def test_csv_that_is_written_is_read_back(
    movements: list[tuple[date, str, int]], delimiter: str, signs: tuple[str, str], pattern: str, encoding: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["Date", "Description", "Amount", "Currency"])
    for day, text, minor in movements:
        writer.writerow([day.strftime(pattern), text, decimal_text(minor, *signs), "EUR"])
    statement = read(out.getvalue().encode(encoding))
    assert statement.bad_lines == ()
    assert [(line.booked_on, line.amount_minor) for line in statement.lines] == [
        (day, minor) for day, _, minor in movements
    ]
    assert [line.text for line in statement.lines] == [" ".join(text.split()) for _, text, _ in movements]


@given(movements=MOVEMENTS, order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_fingerprints_are_unique_and_do_not_hang_on_format_or_order(
    movements: list[tuple[date, str, int]], order: Any
) -> None:
    movements = [*movements, *movements[:3]]
    rows = [
        f'{day.isoformat()};"{text.replace(chr(34), chr(34) * 2)}";{minor / 100:.2f}' for day, text, minor in movements
    ]
    first = read("\n".join(["Date;Description;Amount", *rows]).encode(), currency="EUR")
    order.shuffle(rows)
    second = read("\n".join(["Date;Description;Amount", *rows]).encode(), currency="EUR")
    prints = [line.fingerprint for line in first.lines]
    assert len(set(prints)) == len(prints) == len(movements)
    assert set(prints) == {line.fingerprint for line in second.lines}


def test_the_same_line_from_another_export_has_the_same_fingerprint() -> None:
    as_csv = read(b"Date;Description;Amount\n2024-01-09;KONBINI 7 Tokyo;-8,40\n2024-01-09;KONBINI 7 Tokyo;-8,40\n")
    text = samples.OFX_XML.replace("<![CDATA[Bread & <Butter>]]>", "Konbini 7 TOKYO")
    as_ofx = read(text.encode())
    longer = read(b"Date;Description;Amount\n2024-01-08;Bread;-1,00\n2024-01-09;KONBINI 7  Tokyo;-8,40\n")
    assert as_csv.lines[0].fingerprint == as_ofx.lines[0].fingerprint == longer.lines[1].fingerprint
    assert as_csv.lines[0].fingerprint != as_csv.lines[1].fingerprint


def check(data: bytes) -> None:
    begun = time.process_time()
    try:
        statement = read(data, limits=Limits(size_bytes=200_000))
    except StatementError as error:
        assert error.problem
        assert error.advice
    else:
        assert all(isinstance(line, Line) for line in statement.lines)
        assert all(isinstance(bad, BadLine) and bad.line >= 1 for bad in statement.bad_lines)
        assert len({line.fingerprint for line in statement.lines}) == len(statement.lines)
        assert [line.number for line in statement.lines] == list(range(1, len(statement.lines) + 1))
    assert time.process_time() - begun < 5


@given(st.binary(max_size=2_000))
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    check(data)


@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 40),
            st.binary(max_size=12) | st.sampled_from([b"\n", b";", b'"', b"<", b"-", b"9" * 40, b"\xff"]),
        ),
        min_size=1,
        max_size=6,
    ),
)
@settings(max_examples=600, deadline=None)
def test_mutated_statements_never_raise_anything_else(seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    data = seed
    for place, length, insert in edits:
        at = int(place * len(data))
        data = data[:at] + insert + data[at + length :]
    check(data)


@given(seed=st.sampled_from(SEEDS), share=st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_a_statement_cut_anywhere_never_raises_anything_else(seed: bytes, share: float) -> None:
    check(seed[: int(share * len(seed))])


def camt(count: int) -> bytes:
    entry = (
        '<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>'
        "<Dt>2024-01-05</Dt></BookgDt><BkTxCd/></Ntry>\n"
    )
    return (samples.CAMT_HEAD.format(version="08") + entry * count + "</Stmt></BkToCstmrStmt></Document>").encode()


def mt940(count: int) -> bytes:
    entry = ":61:2401050105C1,00NTRFREF\n:86:166?20SVWZ+Text?32Name\n"
    return f":20:A\n:25:B\n:60F:C240101EUR0,00\n{entry * count}:62F:C240105EUR{count},00\n-".encode()


def ofx(count: int) -> bytes:
    head, tail = samples.OFX_SGML.split("<STMTTRN>", 1)
    entry = "<STMTTRN><DTPOSTED>20240105<TRNAMT>-1,50<NAME>Shop</STMTTRN>\n"
    return (head + entry * count + "<STMTTRN>" + tail).encode()


def qif(count: int) -> bytes:
    return ("!Type:Bank\n" + "D1/13/2024\nT-1.50\nPShop\nMmemo\n^\n" * count).encode()


def table(count: int) -> bytes:
    rows = (
        f"2024-01-{1 + at % 28:02},CARD 1234 SHOP NR {at % 977} LYON,-1.50,EUR,{-1.5 * at - 1.5:.2f}\n"
        for at in range(count)
    )
    return ("Date,Description,Amount,Currency,Balance\n" + "".join(rows)).encode()


@pytest.mark.parametrize("write", [camt, mt940, ofx, qif, table])
def test_time_grows_with_the_size_and_no_faster(write: Any) -> None:
    times = []
    # What other tests left in memory is not the reader's: one full collection over all of it takes a second.
    gc.collect()
    gc.freeze()
    try:
        for count in (4_000, 16_000):
            data = write(count)
            begun = time.process_time()
            statement = read(data)
            times.append(time.process_time() - begun)
            assert len(statement.lines) >= count
    finally:
        gc.unfreeze()
    assert times[1] < 12 * times[0] + 0.2
    assert times[1] < 4


@pytest.mark.parametrize(
    "data",
    [
        b"Date,Description,Amount\n" + b'"' * 400_000,
        b"Date,Description,Amount\n" + b"," * 400_000,
        b"Date;Amount\n" + b"2024-01-05;" + b"1" * 300_000,
        b"Date;Amount\n" + b"2024-01-05;" + b"1,1" * 100_000,
        b":20:A\n:25:B\n:60F:C240101EUR0,00\n:61:2401050105C1,00NTRF\n:86:"
        + b"/NAME/" * 100_000
        + b"\n:62F:C240105EUR1,00\n-",
        b":20:A\n:86:166?20" + b"SVWZ+" * 100_000,
        b"OFXHEADER:100\n<OFX>" + b"<A></A>" * 100_000,
        b"OFXHEADER:100\n<OFX>" + b"<" * 500_000,
        b"OFXHEADER:100\n<OFX>" + b"<![CDATA[" * 50_000,
        b"!Type:Bank\n" + b"Ax\n" * 200_000,
        b"<?xml version='1.0'?>" + b"<a b='" * 80_000,
        b"<?xml " + b" " * 500_000,
        b"\xff" * 500_000,
        b"\x80\xc3" * 250_000,
    ],
    ids=range(14),
)
def test_hostile_shapes_finish_soon(data: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(StatementError):
        statement = read(data)
        # What can be read all the same must at least have named something.
        assert not statement.lines or statement.notes
        raise StatementError("read", "read", "nothing to do")
    assert time.process_time() - begun < 5
