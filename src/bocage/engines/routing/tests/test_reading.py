"""Every format with its own cost convention; every bad file is refused with file, line and field."""

from pathlib import Path

import numpy as np
import pytest

from bocage.engines.routing import ReadError, Verdict, check, read
from bocage.engines.routing.plans import read_plan

VRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 1 1
3 3 0
4 0 3
DEMAND_SECTION
1 0
2 4
3 5
4 6
DEPOT_SECTION
1
-1
EOF
"""
SOLOMON = """TINY

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME

    0      0    0    0     0   100    0
    1      1    1    4    10    20    5
    2      3    0    5     0    50    5
"""
LI_LIM = """2 10 1
0 0 0 0 0 100 0 0 0
1 1 1 4 10 20 5 0 2
2 3 0 -4 0 50 5 1 0
"""
EVRP = """Name: tiny
COMMENT: two stops, one station
TYPE: EVRP
OPTIMAL_VALUE: 12
VEHICLES: 1
DIMENSION: 3
STATIONS: 1
CAPACITY: 10
ENERGY_CAPACITY: 12
ENERGY_CONSUMPTION: 1.5
EDGE_WEIGHT_FORMAT: EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 0
3 6 0
4 5 0
DEMAND_SECTION
1 0
2 1
3 1
STATIONS_COORD_SECTION
4
DEPOT_SECTION
1
-1
EOF
"""


def written(folder: Path, text: str, name: str = "tiny.vrp") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def verdict(folder: Path, text: str, plan: str, name: str = "tiny.vrp") -> Verdict:
    problem = read(written(folder, text, name))
    return check(problem, read_plan(written(folder, plan, "plan.json"), problem))


def test_cvrplib_rounds_each_leg_and_counts_customers_from_one(tmp_path: Path) -> None:
    problem = read(written(tmp_path, VRP))
    assert [stop.name for stop in problem.stops] == ["1", "2", "3"]
    found = check(problem, read_plan(written(tmp_path, "Route #1: 1 2\nRoute #2: 3\nCost 12\n", "a.sol"), problem))
    # 0-1 is 1.41 -> 1, 1-2 is 2.24 -> 2, 2-0 is 3; and twice 3.
    assert (found.cost, found.vehicles, found.valid) == (12, 2, True)


def test_windows_in_cvrplib_and_solomon_cut_off_after_a_tenth(tmp_path: Path) -> None:
    windows = "TIME_WINDOW_SECTION\n1 0 100\n2 10 20\n3 0 50\n4 0 50\nSERVICE_TIME_SECTION\n1 0\n2 5\n3 5\n4 5\n"
    text = VRP.replace("DEPOT_SECTION", windows + "DEPOT_SECTION").replace("CAPACITY : 10", "CAPACITY : 20")
    cut = 1.4 + 2.2 + 3.0
    found = verdict(tmp_path, text, '{"routes": [[1, 2], [3]]}')
    assert found.cost == pytest.approx(cut + 6)
    assert verdict(tmp_path, SOLOMON, '{"routes": [[1, 2]]}', "tiny.txt").cost == pytest.approx(cut)


def test_a_tenth_is_cut_where_binary_numbers_are_a_little_less(tmp_path: Path) -> None:
    problem = read(written(tmp_path, SOLOMON.replace("2      3    0", "2      0.3  0"), "tiny.txt"))
    assert problem.profiles[0].distances.along(np.asarray([0, 2], dtype=np.int64))[0] == 0.3


def test_li_lim_counts_exactly_and_a_delivery_before_its_pick_up_is_refused(tmp_path: Path) -> None:
    found = verdict(tmp_path, LI_LIM, '{"routes": [[1, 2]]}', "tiny.txt")
    assert found.valid
    assert found.cost == pytest.approx(2**0.5 + 5**0.5 + 3)
    assert {one.rule for one in verdict(tmp_path, LI_LIM, '{"routes": [[2, 1]]}', "tiny.txt").violations} >= {
        "precedence"
    }


def test_wcci_2020_counts_detours_and_energy(tmp_path: Path) -> None:
    empty = verdict(tmp_path, EVRP, '{"routes": [[2, 3]]}', "tiny.evrp")
    assert [one.rule for one in empty.violations] == ["battery"]
    charged = verdict(tmp_path, EVRP, '{"routes": [[2, 3, 4]]}', "tiny.evrp")
    assert charged.valid
    assert charged.cost == pytest.approx(12)


@pytest.mark.parametrize("form", ["FULL_MATRIX", "LOWER_ROW", "LOWER_DIAG_ROW", "UPPER_ROW", "UPPER_DIAG_ROW"])
def test_matrices_in_every_form_say_the_same(tmp_path: Path, form: str) -> None:
    full = np.asarray([[0, 1, 2], [1, 0, 3], [2, 3, 0]])
    offset = 0 if "DIAG" in form else 1
    half = np.tril_indices(3, -offset) if "LOWER" in form else np.triu_indices(3, offset)
    values = full.ravel() if form == "FULL_MATRIX" else full[half]
    text = (
        "NAME : m\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : "
        f"{form}\nCAPACITY : 9\nEDGE_WEIGHT_SECTION\n{' '.join(map(str, values))}\n"
        "DEMAND_SECTION\n1 0\n2 1\n3 1\nDEPOT_SECTION\n1\n-1\n"
    )
    problem = read(written(tmp_path, text))
    everywhere = np.arange(3)
    assert (problem.profiles[0].distances.block(everywhere, everywhere) == full).all()


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        (VRP.replace("3 3 0", "3 3 x"), 9, "y"),
        (VRP.replace("3 3 0", "3 nan 0"), 9, "x"),
        (VRP.replace("3 3 0", "3 1e300 0"), 9, "x"),
        (VRP.replace("3 3 0", "2 3 0"), 9, "NODE_COORD_SECTION"),
        (VRP.replace("DIMENSION : 4", "DIMENSION : 99999999"), 3, "DIMENSION"),
        (VRP.replace("DIMENSION : 4", "DIMENSION : 4.5"), 3, "DIMENSION"),
        (VRP.replace("EUC_2D", "GEO"), 4, "EDGE_WEIGHT_TYPE"),
        (VRP.replace("2 4\n", "2 11\n"), 13, "demand"),
        (VRP.replace("2 4\n", "2 -4\n"), 13, "demand"),
        (VRP.replace("\n1\n-1", "\n1\n2\n-1"), 18, "DEPOT_SECTION"),
        (VRP.replace("2 1 1", "2 1 \0"), 8, "line"),
        (SOLOMON.replace("10    20", "10     9"), 11, "DUE DATE"),
        (SOLOMON.replace("    2      3", "    7      3"), 12, "CUST NO."),
        (LI_LIM.replace("-4", "-3"), 3, "demand"),
        (LI_LIM.replace("5 1 0", "5 0 0"), 3, "delivery"),
        ("hello\n", 1, "format"),
        ("", 0, "file"),
    ],
)
def test_a_bad_file_is_refused_by_file_line_and_field(tmp_path: Path, text: str, line: int, field: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(written(tmp_path, text, "bad.txt"))
    assert (caught.value.file, caught.value.line, caught.value.field) == ("bad.txt", line, field)


@pytest.mark.parametrize(
    "plan",
    ['{"routes": [[9]]}', '{"routes": 3}', '{"routes": [[true]]}', "[" * 100_000, '{"routes": [[1]', "Route #1: 9"],
)
def test_a_bad_plan_is_refused(tmp_path: Path, plan: str) -> None:
    with pytest.raises(ReadError):
        verdict(tmp_path, VRP, plan)
