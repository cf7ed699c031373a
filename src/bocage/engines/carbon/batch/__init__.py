"""A whole city's lines at once: hundreds of millions, on one machine's DuckDB or, by the same expressions, on Spark.

    with connect() as db:
        encode(db, [Path("lines.parquet")], Path("work"))      # each text read once; refunds matched; sorted by person
        weigh(db, Path("work"))                                # person-months, and the city's months by factor

Needs the extra `analytics` (`./bocage extras add analytics`). What a line weighs is what `carbon.assess` says of it, to
the microgram: the same kinds, rates and refunds. One thing is left out, as lines here carry no account: a transfer
between own accounts is seen only where its text says so.
"""

from bocage.engines.carbon.batch.encoding import Encoded, encode
from bocage.engines.carbon.batch.releasing import Released, release
from bocage.engines.carbon.batch.tables import connect
from bocage.engines.carbon.batch.weighing import city_months, person_months, weigh

__all__ = ["Encoded", "Released", "city_months", "connect", "encode", "person_months", "release", "weigh"]
