"""Which of the things on one card a gate goes by."""

from datetime import UTC, datetime

import pytest

from bocage.engines import passes
from bocage.engines.passes import admission, dcc_values, fhir
from bocage.engines.passes.tests import making

HOUR = 3600
YES, NO = dcc_values.DETECTED, dcc_values.NOT_DETECTED
LABORATORY, RAPID = fhir.LABORATORY_TEST, fhir.RAPID_TEST
# Tests in the order of the card (code, result, hours ago), whether a vaccination stands before them, the gate's colour.
CARDS = [
    ([(LABORATORY, NO, 60), (LABORATORY, YES, 2)], False, "red"),
    ([(LABORATORY, YES, 2), (LABORATORY, NO, 60)], False, "red"),
    ([(LABORATORY, YES, 60), (LABORATORY, NO, 2)], False, "red"),
    ([(LABORATORY, YES, 2)], True, "red"),
    ([(LABORATORY, YES, 11 * 24 - 1), (LABORATORY, NO, 2)], True, "red"),
    ([(LABORATORY, YES, 11 * 24), (LABORATORY, NO, 2)], False, "green"),
    ([(LABORATORY, YES, 11 * 24)], True, "green"),
    ([(LABORATORY, YES, 11 * 24)], False, "red"),
    ([(LABORATORY, NO, 100), (RAPID, NO, 2)], False, "green"),
    ([(RAPID, NO, 2), (LABORATORY, NO, 100)], False, "green"),
    ([(LABORATORY, NO, 100)], True, "green"),
    ([(LABORATORY, NO, 100), (RAPID, NO, 30)], False, "refused"),
]


def cards() -> list[tuple[str, str]]:
    """Each of `CARDS` as it is signed, and its colour at `making.NOW`."""
    return [
        (
            making.card(
                making.tested_bundle(
                    *((code, result, making.NOW - hours * HOUR) for code, result, hours in tests),
                    vaccinated=vaccinated,
                ),
                types=making.TESTED_TYPES,
            ),
            colour,
        )
        for tests, vaccinated, colour in CARDS
    ]


@pytest.mark.parametrize(("card", "colour"), cards())
def test_a_positive_test_goes_before_all_else_and_otherwise_the_latest_counts(card: str, colour: str) -> None:
    verdict = passes.verify(card, making.trust(), making.NOW)
    assert verdict.valid, verdict.failed
    assert admission.admit(verdict, making.NOW).colour == colour


def test_a_day_that_there_is_not_is_no_test() -> None:
    bundle = making.tested_bundle((LABORATORY, NO, making.NOW - HOUR), (LABORATORY, NO, making.NOW - 2 * HOUR))
    bundle["entry"][1]["resource"]["effectiveDateTime"] = "2026-02-30T10:00:00Z"
    test = fhir.deciding_test([each["resource"] for each in bundle["entry"]], making.NOW)
    assert test is not None
    assert datetime.fromtimestamp(test.taken, UTC) == datetime.fromtimestamp(making.NOW - 2 * HOUR, UTC)
