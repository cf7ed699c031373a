"""A graph as one file: NumPy's compressed archive, without anything that could be executed."""

import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from bocage.engines.roads.types import EDGES_LIMIT, MODES, Graph, RoadsError

VERSION = 1
FILE_LIMIT_BYTES = 4_000_000_000


def save(graph: Graph, path: Path) -> None:
    """Write a graph whole or not at all."""
    rough = path.with_name(path.name + ".part")
    with rough.open("wb") as file:
        arrays = {field.name: getattr(graph, field.name) for field in fields(Graph)}
        np.savez_compressed(file, version=np.asarray(VERSION), modes=np.asarray(MODES), **arrays)
    rough.replace(path)


def load(path: Path) -> Graph:
    """A graph from its file.

    Raises:
        RoadsError: the file is absent, no graph, of another version, or points outside itself.
    """
    try:
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise RoadsError(f"{path.name}: too large for a graph")
        with np.load(path, allow_pickle=False) as archive:
            if int(archive["version"]) != VERSION or tuple(archive["modes"]) != MODES:
                raise RoadsError(f"{path.name}: made by another version; build it again")
            graph = Graph(**{field.name: archive[field.name] for field in fields(Graph)})
    except OSError as error:
        raise RoadsError(f"{path.name}: {error.strerror or 'it cannot be read'}") from None
    except (ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        raise RoadsError(f"{path.name}: no graph that `roads build` wrote") from None
    if not _whole(graph):
        raise RoadsError(f"{path.name}: its parts do not fit together")
    return graph


def _whole(graph: Graph) -> bool:
    edges = len(graph.tail)
    if not 0 < edges <= EDGES_LIMIT or graph.seconds.shape != (len(MODES), edges) or graph.banned.ndim != 2:
        return False
    sizes = {len(graph.head), len(graph.metres), len(graph.shape_start) - 1}
    ends = np.concatenate([graph.tail, graph.head])
    inside = ends.min() >= 0 and ends.max() < graph.junctions and not np.isnan(graph.seconds).any()
    turns = graph.banned.size == 0 or (graph.banned.min() >= 0 and graph.banned.max() < edges)
    return sizes == {edges} and bool(inside and turns) and int(graph.shape_start[-1]) == len(graph.shape)
