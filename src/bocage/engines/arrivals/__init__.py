"""Arrivals: when a tour will be at each door ahead, with an interval that holds four times in five.

`Arrivals.train` learns from finished tours (extra `parcel`: LightGBM), `at` answers for stops ahead with reasons.
"""

from bocage.engines.arrivals.evaluating import Evaluation, evaluate
from bocage.engines.arrivals.forecasting import Arrivals
from bocage.engines.arrivals.reading import read_table, write_table
from bocage.engines.arrivals.types import FEATURES, Ahead, Arrival, ArrivalsError, Table

__all__ = [
    "FEATURES",
    "Ahead",
    "Arrival",
    "Arrivals",
    "ArrivalsError",
    "Evaluation",
    "Table",
    "evaluate",
    "read_table",
    "write_table",
]
