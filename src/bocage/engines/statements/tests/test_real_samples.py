"""Statements of real banks, from a folder that is not part of this repository.

Set BOCAGE_STATEMENT_SAMPLES to a folder of sample statements. Every file must be read, or be refused for a reason that
is listed below by the start of its name; balances must hold unless the file is known to contradict itself.
"""

import os
from pathlib import Path

import pytest

from bocage.engines.statements import StatementError, read

FOLDER = os.environ.get("BOCAGE_STATEMENT_SAMPLES", "")

# Not statements: single fields of MT940 for unit tests, sign-on answers, account lists, a bank's error message.
NO_STATEMENT = {
    "mt940_tests__betterplace__empty_86": "one field :86: alone",
    "mt940_tests__betterplace__empty_line": "one field :20: alone",
    "mt940_tests__betterplace__missing_crlf_at_end": "one closing balance alone",
    "mt940_tests__cmxl__account_balance_credit": "one opening balance alone",
    "mt940_tests__cmxl__account_balance_debit": "one opening balance alone",
    "mt940_tests__cmxl__account_identification_legacy": "one field :25: alone",
    "mt940_tests__cmxl__available_balance": "one field :64: alone",
    "mt940_tests__cmxl__reference": "one field :20: alone",
    "mt940_tests__self-provided__account_identification": "two headings without entries or balances",
    "tests__fixtures__account_listing_aggregation": "a list of accounts",
    "tests__fixtures__error_message": "the bank's error 2000",
    "tests__fixtures__signon_fail": "the bank's error 15500",
    "tests__fixtures__signon_success": "a sign-on answer",
}
# Samples whose owners cut entries out or changed amounts, so that the file itself contradicts its balances.
CONTRADICTS_ITSELF = (
    "mt940_tests__jejik__abnamro",
    "mt940_tests__jejik__knab",
    "mt940_tests__jejik__triodos",
    "mt940_tests__mBank__with_newline_in_tnr",
    "mt940_tests__self-provided__malformed_details",
    "mt940_tests__self-provided__overly_long_details",
    "mt940_tests__self-provided__whitespace",
    "spec__fixtures__053__valid_example_v8",
    "spec__fixtures__053__valid_example_with_batch",
    "spec__fixtures__053__valid_example_with_debit",
)
# Files that are broken on purpose in some of their lines.
HAS_BAD_LINES = {
    "mt940_tests__self-provided__multiline": 1,
    "tests__fixtures__fail_nice__date_missing": 3,
    "tests__fixtures__fail_nice__decimal_error": 1,
}


def files() -> list[Path]:
    return sorted(path for path in Path(FOLDER).rglob("*") if path.is_file()) if FOLDER else []


@pytest.mark.skipif(not FOLDER, reason="BOCAGE_STATEMENT_SAMPLES names no folder of sample statements")
def test_the_folder_has_files() -> None:
    assert files(), f"{FOLDER} holds no file"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_valid_sample_is_read_and_reconciles(path: Path) -> None:
    if any(path.name.startswith(name) for name in NO_STATEMENT):
        with pytest.raises(StatementError) as caught:
            read(path.read_bytes(), name=path.name)
        assert caught.value.line >= 1
        return
    statement = read(path.read_bytes(), name=path.name)
    known = next((count for name, count in HAS_BAD_LINES.items() if path.name.startswith(name)), 0)
    assert len(statement.bad_lines) == known
    contradicts = path.name.startswith(CONTRADICTS_ITSELF)
    assert any(account.reconciles is False for account in statement.accounts) is contradicts
