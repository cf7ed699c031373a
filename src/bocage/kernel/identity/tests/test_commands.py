"""`./bocage operator`: the first operators."""

import pytest
import typer
from typer.testing import CliRunner

from bocage.kernel.identity import commands, queries
from bocage.kernel.identity.tests.making import person

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, ["operator", *words])
    return result.exit_code, result.output


def test_somebody_who_signed_up_becomes_an_operator() -> None:
    ana = person("Ana")
    code, said = run("add", "ana@example.org")
    assert (code, said) == (0, "Ana (@ana) is now operator, approver\n")
    assert queries.roles(ana.id) == {"operator", "approver"}
    assert run("add", "ANA@example.org", "--role", "auditor")[0] == 0
    assert "auditor    Ana (@ana)" in run("list")[1]


def test_an_operator_can_be_made_with_a_new_account() -> None:
    code, said = run("add", "odile@example.org", "--name", "Odile Renard")
    assert code == 0
    assert "choose a password" in said
    odile = queries.person_by_email("odile@example.org")
    assert odile is not None
    assert odile.handle == "odile.renard"


@pytest.mark.parametrize(
    "words", [("nobody@example.org",), ("ana@example.org", "--role", "king"), ("x", "--name", "Y")]
)
def test_what_cannot_be_done_is_said_and_changes_nothing(words: tuple[str, ...]) -> None:
    ana = person("Ana")
    code, said = run("add", *words)
    assert code == 2
    assert "Invalid value" in said
    assert queries.roles(ana.id) == frozenset()
