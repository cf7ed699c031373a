"""The field's file formats, each with its own convention of cost."""

from pathlib import Path

from bocage.engines.routing.reading.lilim import read_li_lim
from bocage.engines.routing.reading.lines import lines_of
from bocage.engines.routing.reading.solomon import read_solomon
from bocage.engines.routing.reading.vrplib import read_vrplib
from bocage.engines.routing.types import Problem


def read(path: Path) -> Problem:
    """A problem from a CVRPLIB (`.vrp`), WCCI 2020 (`.evrp`), Solomon or Li & Lim file, told apart by what is in it.

    Raises:
        ReadError: the file is not what its format says; names file, line and field.
    """
    lines = lines_of(path)
    first = lines[0]
    if any(line.words[0].rstrip(":").upper() in ("DIMENSION", "NODE_COORD_SECTION") for line in lines[:30]):
        return read_vrplib(lines, path.stem)
    if any(line.words[0].upper() in ("VEHICLE", "CUSTOMER") for line in lines[:10]):
        return read_solomon(lines, path.stem)
    if len(first.words) == 3 and all(word.lstrip("-").replace(".", "", 1).isdigit() for word in first.words):
        return read_li_lim(lines, path.stem)
    return first.fail("format", "this is no CVRPLIB, WCCI 2020, Solomon or Li & Lim file")
