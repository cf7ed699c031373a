"""What is read of a network, and what is refused."""

import gzip
from pathlib import Path

import pytest

from bocage.engines.signals import SignalsError, read_network
from bocage.engines.signals.layout import lay_out
from bocage.engines.signals.pedestrians import walking_seconds
from bocage.engines.signals.phases import amber, clearance, crossings, greens
from bocage.engines.signals.tests.town import NET, town
from bocage.engines.signals.types import Limits


def test_signals_links_and_greens_are_read(tmp_path: Path) -> None:
    network = town(tmp_path)
    cross, walk = network.signals
    assert [link.comes_from for link in cross.links] == ["the north", "the east", "the south", "the west"]
    assert [(phase.state, phase.amber_seconds) for phase in cross.phases] == [("GrGr", 3), ("rGrG", 4)]
    assert cross.foes == {(0, 1), (1, 0), (0, 3), (3, 0), (2, 1), (1, 2), (2, 3), (3, 2)}
    assert [phase.state for phase in walk.phases] == ["GrG", "rGr"]
    assert network.exits == ("so_0", "wo_0", "no_0", "eo_0", "e_0")


def test_a_packed_network_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "town.net.xml.gz"
    path.write_bytes(gzip.compress(NET.encode()))
    assert read_network(path) == town(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("<net", "<not", "no XML"),
        ('speed="13.89" length="200" shape="0,200', 'speed="nan" length="200" shape="0,200', "line 2, speed"),
        ('state="yryr"', 'state="yry"', "line 11, phase"),
        ('linkIndex="3"', 'linkIndex="7"', "line 27, linkIndex"),
        ('linkIndex="3"', 'linkIndex="-1"', "line 27, linkIndex"),
        ('to="eo" fromLane', 'to="sea" fromLane', "line 27, to"),
        ('shape="0,200 0,0"', 'shape="0,200 north,0"', "line 24, shape of its lane"),
        ('tl="', 'was="', "no signal of this network has a green"),
        ("tlLogic", "nothing", "there is no signal"),
    ],
)
def test_a_faulty_network_is_refused_by_line_and_field(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in NET
    with pytest.raises(SignalsError, match=said):
        town(tmp_path, NET.replace(before, after))


def test_a_signal_that_is_switched_off_is_left_alone(tmp_path: Path) -> None:
    dark = NET
    for state in ("GrGr", "yryr", "rGrG", "ryry"):
        dark = dark.replace(f'state="{state}"', 'state="oooo"')
    network = town(tmp_path, dark)
    assert [one.id for one in network.signals] == ["walk"]
    assert lay_out(network).members == ((0,),)


def test_a_packed_network_that_is_damaged_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(NET.encode()))
    packed[20:40] = bytes(20)
    path = tmp_path / "town.net.xml.gz"
    path.write_bytes(packed)
    with pytest.raises(SignalsError, match="town"):
        read_network(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SignalsError, match="nowhere"):
        read_network(tmp_path / "nowhere.net.xml")


def test_greens_are_those_of_the_program_that_stand_for_themselves() -> None:
    program = [
        ("GGrs", 20.0),
        ("Gyrs", 3.0),
        ("Grrs", 8.0),
        ("yrrs", 4.0),
        ("rrrr", 2.0),
        ("rrGr", 10.0),
        ("rryr", 3.0),
    ]
    # `Grrs` gives nobody what `GGrs` does not.
    assert [(one.state, one.amber_seconds) for one in greens(program)] == [("GGrs", 3), ("rrGr", 3)]


def test_between_two_greens() -> None:
    assert amber("GGgrs", "GrGGs") == "Gygrs"
    assert clearance("GGgrs", "GrGGs") == "Grgrs"
    assert crossings("GGrr", frozenset({(0, 1), (1, 0), (0, 2)})) == [(0, 1)]


def test_people_on_foot_get_the_time_to_cross_a_street_of_two_lanes(tmp_path: Path) -> None:
    cross = town(tmp_path).signals[0]
    assert walking_seconds(cross) == [7 + 6, 7 + 6]
    assert Limits().pedestrians is False
