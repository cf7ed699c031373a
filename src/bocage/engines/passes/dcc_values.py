"""Whether what a certificate says is known: its codes, its countries, its dates.

The closed sets are those of the eHealth Network's "Value sets for EU digital COVID certificates" (2.1, 2.2, 2.7, 2.9)
and ISO 3166-1. Products, marketing authorisation holders and test devices are lists that grew by the week: of those the
form of the code is checked, not whether it is on some day's list.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bocage.engines.passes.types import PassError

_DISEASES = frozenset({"840539006"})
_PROPHYLAXIS = frozenset({"1119349007", "1119305005", "J07BX03"})
RAPID_TEST = "LP217198-3"
LABORATORY_TEST = "LP6464-4"
_TEST_TYPES = frozenset({LABORATORY_TEST, RAPID_TEST})
DETECTED, NOT_DETECTED = "260373001", "260415000"
_RESULTS = frozenset({DETECTED, NOT_DETECTED})
# The marketing number of the European Medicines Agency, or the name of a product that has none.
_PRODUCT = re.compile(r"EU/[0-9]/[0-9]{2}/[0-9]{4}|(?!EU/)[A-Za-z0-9][A-Za-z0-9().-]{1,79}")
# An organisation of the agency's register (SPOR OMS): ORG- and nine digits, or the name of one that is not in it.
_HOLDER = re.compile(r"ORG-[0-9]{9}|(?!ORG-)[A-Za-z][A-Za-z0-9().-]{1,79}")
_DAYS = {"v": "dt", "t": "sc", "r": "fr"}
_DEVICE = re.compile(r"[0-9]{1,5}")
# ISO 3166-1 alpha-2, and XK, under which Kosovo issues.
COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()  # noqa: SIM905
)


def check(payload: Mapping[str, Any]) -> None:
    """PassError naming the first value that is unknown. `payload` has passed `dcc_rules.check`."""
    kind = kind_of(payload)
    for number, entry in enumerate(payload[kind]):
        where = f"{kind}[{number}]"
        _one_of(entry["tg"], _DISEASES, f"{where}.tg", "a disease of the value set")
        _one_of(entry["co"], COUNTRIES, f"{where}.co", "a country of ISO 3166-1")
        {"v": _vaccination, "t": _test, "r": _recovery}[kind](entry, where)
        happened_on = entry[_DAYS[kind]][:10]
        # A date of birth may be a year or a month alone; as text it still comes before a later day.
        if payload["dob"][:10] > happened_on:
            raise PassError(f"dob: {payload['dob'][:40]!r} is after what is certified, {happened_on}")


def kind_of(payload: Mapping[str, Any]) -> str:
    """Which of v, t and r it holds."""
    return next(kind for kind in ("v", "t", "r") if kind in payload)


def _vaccination(entry: Mapping[str, Any], where: str) -> None:
    _one_of(entry["vp"], _PROPHYLAXIS, f"{where}.vp", "a vaccine of the value set")
    _of_form(entry["mp"], _PRODUCT, f"{where}.mp", "the code of a medicinal product")
    _of_form(entry["ma"], _HOLDER, f"{where}.ma", "the code of a marketing authorisation holder")
    _date(entry["dt"], f"{where}.dt")


def _test(entry: Mapping[str, Any], where: str) -> None:
    _one_of(entry["tt"], _TEST_TYPES, f"{where}.tt", "a type of test of the value set")
    _one_of(entry["tr"], _RESULTS, f"{where}.tr", "a result of the value set")
    if entry["tt"] == RAPID_TEST and entry.get("ma"):
        _of_form(entry["ma"], _DEVICE, f"{where}.ma", "the number of a test device")
    _instant(entry["sc"], f"{where}.sc")


def _recovery(entry: Mapping[str, Any], where: str) -> None:
    for name in ("fr", "df", "du"):
        _date(entry[name], f"{where}.{name}")


def _one_of(value: str, known: frozenset[str], where: str, what: str) -> None:
    if value not in known:
        raise PassError(f"{where}: {value[:40]!r} is not {what}")


def _of_form(value: str, form: re.Pattern[str], where: str, what: str) -> None:
    if not form.fullmatch(value):
        raise PassError(f"{where}: {value[:40]!r} is not {what}")


def _date(value: str, where: str) -> None:
    # Some issuers write an instant where the day is meant; it still names a day.
    try:
        date.fromisoformat(value[:10])
        if len(value) > 10:
            datetime.fromisoformat(value)
    except ValueError:
        raise PassError(f"{where}: {value[:40]!r} is not a date") from None


def _instant(value: str, where: str) -> None:
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise PassError(f"{where}: {value[:40]!r} is not an instant with its zone")
