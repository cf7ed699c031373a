"""The officials' laboratory, and its command: kept runs as a table, bad requests by field, nobody else."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import typer
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from bocage.engines.epidemic.laboratory.measuring import Outcome
from bocage.engines.epidemic.laboratory.sweep import VERSION
from bocage.engines.epidemic.laboratory.world import World
from bocage.services.health import commands, simulations
from bocage.services.health.tests.conftest import Town


@pytest.fixture
def kept(tmp_path: Path, settings: Any) -> Path:
    """Two kept runs of one policy, one of another; not results of any epidemic."""
    settings.HOME = tmp_path
    folder = tmp_path / "epidemic"
    folder.mkdir()
    for policy, seed, attack in (("bocage", 1, 0.25), ("bocage", 2, 0.35), ("none", 1, 0.9)):
        world = World(policy=policy, seed=seed, budget_days=2.2 if policy == "bocage" else 0.0)  # type: ignore[arg-type]
        bands = ((1.0, 0.5, 0.5),) * 4
        outcome = Outcome(world, attack, 2.0, 0.5, 0.2, 100.0, None, ((0, 0.0, 0.0),) * 6, None, bands, 0.1, 1.0)
        (folder / f"{policy}-{seed}.json").write_text(json.dumps({"version": VERSION, **asdict(outcome)}))
    return folder


def official(town: Town, client: Client) -> Client:
    client.force_login(get_user_model().objects.get(pk=town.odile))
    return client


def test_runs_are_averaged_and_the_best_comes_first(kept: Path) -> None:
    best, worst = simulations.rows()
    assert (best.policy, best.runs, round(best.attack, 3), best.budget_days) == ("bocage", 2, 0.3, 2.2)
    assert best.attack_sd == pytest.approx(0.0707, abs=1e-3) and worst.budget_days is None


def test_the_figure_puts_more_infections_higher_and_more_days_further_right(kept: Path) -> None:
    found = simulations.rows()
    figure = simulations.trade_off([found[0], replace(found[1], restricted_days=14.0)])
    best, worst = figure.points
    assert best.y > worst.y and best.x < worst.x and worst.x == simulations.RIGHT
    assert best.chosen and not worst.chosen and best.low > best.y > best.high
    # Reinfections can take it beyond one a person: still within the field.
    assert simulations.trade_off([replace(found[0], attack=1.3)]).points[0].high >= simulations.TOP
    assert simulations.trade_off([]).points == ()


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("seeds", ["--seeds", "5-1"]),
        ("seeds", ["--seeds", "5-"]),
        ("seeds", ["--seeds", "1-1000"]),
        ("policy", ["--policy", "panic"]),
        ("agents", ["--agents", "3"]),
        ("days", ["--days", "0"]),
        ("budget_days", ["--budget", "nan"]),
        ("beta_scale", ["--beta-scale", "inf"]),
        ("adoption", ["--adoption", "1.5"]),
        ("symptoms", ["--symptoms", "maybe"]),
        ("contacts", ["--contacts", "some"]),
        ("protocol", ["--protocol", "none"]),
        ("epsilon", ["--epsilon", "7"]),
        ("figure", ["--figure", "trade.doc"]),
        ("figure", ["--figure", "/proc/nowhere/trade.svg"]),
        ("results", ["--results", "/proc/nowhere"]),
    ],
)
def test_the_command_names_what_is_wrong_before_it_plays(field: str, arguments: list[str]) -> None:
    app = typer.Typer()
    commands.register(app)
    answer = CliRunner().invoke(app, ["epidemic", *arguments])
    assert answer.exit_code == 2 and answer.output.count("\n") == 1
    assert answer.output.startswith(f"epidemic: {field}: ")


@pytest.mark.django_db
def test_the_page_shows_them_to_officials_alone_within_its_queries(
    kept: Path, town: Town, client: Client, django_assert_max_num_queries: Any
) -> None:
    address = reverse("health:policies")
    assert client.get(address).status_code == 302
    official(town, client)
    client.get(address)
    with django_assert_max_num_queries(25):
        shown = client.get(address)
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "30 ± 7 infections among 100 people, 2 runs" in text and "90 infections among 100 people, 1 run" in text
    assert text.count('r="4.500"') == 2
    assert client.post(address, {"budget_days": -1, "agents": 5000, "seeds": 1}).status_code == 422
