"""Forecast: speeds or flows of a city's detectors 5 to 60 minutes ahead, with intervals, from their own recent past.

`Forecaster.train` learns from a table of readings in minutes (extra `city`: LightGBM); `observe` takes each new reading
and `forecast` answers, also where detectors are silent. `forecast_soon` needs a day of readings and nothing else.
"""

from bocage.engines.forecast.evaluating import Evaluation, evaluate
from bocage.engines.forecast.forecaster import Forecaster
from bocage.engines.forecast.reading import read_adjacency, read_table
from bocage.engines.forecast.soon import Soon, forecast_soon
from bocage.engines.forecast.types import Forecast, ForecastError, Table

__all__ = [
    "Evaluation",
    "Forecast",
    "ForecastError",
    "Forecaster",
    "Soon",
    "Table",
    "evaluate",
    "forecast_soon",
    "read_adjacency",
    "read_table",
]
