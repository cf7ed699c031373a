"""The nine operators. Each adds columns to a stream's rows; a rule compares them, and `holding` decides what lasts.

| operator | adds | settings |
|---|---|---|
| threshold | mean, least, most, total, count | `field`, `over_seconds`, `aggregate`; none: the field itself |
| rate_of_change | change, change_pct: against the value `over_seconds` ago | `field`, `over_seconds` |
| zscore | z: against the source's profile for the hour and kind of day | `field` |
| absence | (nothing: no record for `for_seconds`) | |
| duration_in_state | (nothing: `when` holds from one record to the next), or `unchanged` | `unchanged` = a field |
| sequence | after_seconds: since `first` last held; or `when` never came | `first`, `within_seconds`, `missing` |
| spatial_cluster | nearby: distinct sources within reach, itself too | `radius_m`, `within_seconds` |
| forecast_exceeds | ahead: the least-squares line through `over_seconds`, `horizon_seconds` from now | `field`, ... |
| geometry | inside, crossed, against_deg, headway_seconds | `zone` or `line` = a kind of place |
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bocage.engines.alerts import places as geo
from bocage.engines.alerts.places import Places
from bocage.engines.alerts.profiles import Profile, bins, local_hours
from bocage.engines.alerts.rows import TIME_BITS, Rows, Whereabouts
from bocage.engines.alerts.streams import Stream
from bocage.engines.alerts.types import Comparison, Flags, Floats, Integers, Rule

NEIGHBOURS_MAX = 400
# The town's clock, for every stream; the second runs through the night without a break: 22 h is 10, 5 h is 17.
CLOCK = ("hour_local", "hours_after_noon")
WINDOW_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Context:
    """What rules are judged with besides the rows themselves."""

    stream: Stream
    places: Places
    profile: Profile | None
    zone: str
    names: list[str]
    words: Mapping[str, int]
    last: Whereabouts


def ms(seconds: float) -> int:
    """Seconds as whole milliseconds."""
    return round(seconds * 1000)


def added(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    """The columns of the rule's operator for the rows `judged` (indexes into rows sorted by source and time)."""
    if len(judged) == 0 or rule.operator not in OPERATORS:
        return {}
    return OPERATORS[rule.operator](rule, rows, judged, context)


def holds(
    comparisons: tuple[Comparison, ...], rows: Rows, columns: Mapping[str, Floats], context: Context
) -> tuple[list[Flags], Flags]:
    """Each comparison's truth for the rows, and where all that they need is known."""
    truths = []
    known = np.ones(len(rows), np.bool_)
    for each in comparisons:
        left = column(each.field, rows, columns, context)
        if each.words:
            codes = [context.words[word] for word in each.words if word in context.words]
            truth = np.isin(left, codes)
            known &= ~np.isnan(left)
            truths.append(~truth & ~np.isnan(left) if each.operator == "!=" else truth)
            continue
        right: Floats | float = each.limit or 0.0
        if each.other is not None:
            right = column(each.other, rows, columns, context)
            known &= ~np.isnan(right)
        known &= ~np.isnan(left)
        truths.append(COMPARE[each.operator](left, right))
    return truths, known


def column(name: str, rows: Rows, columns: Mapping[str, Floats], context: Context) -> Floats:
    """A column by name: the operator's, the stream's own, or the town's clock."""
    if name in columns:
        return columns[name]
    if name in rows.values:
        return rows.values[name]
    if name in CLOCK:
        hours = local_hours(rows.at_ms, context.zone)[0]
        return ((hours + 12) % 24 if name == "hours_after_noon" else hours).astype(np.float64)
    return np.full(len(rows), np.nan)


COMPARE: Mapping[str, Callable[[Floats, Floats | float], Flags]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}


def _windows(rows: Rows, judged: Integers, over_ms: int) -> Iterator[tuple[slice, Integers, Integers, Integers]]:
    """A block of the judged rows at a time: its slice, the rows in their windows end to end, where each begins, owner.

    A window reaches from `over_ms` before the row, excluded, to the row itself.
    """
    key = rows.key
    left = np.searchsorted(key, key[judged] - over_ms, side="right")
    left = np.maximum(left, rows.starts[judged])
    for begin in range(0, len(judged), WINDOW_ROWS):
        block = slice(begin, begin + WINDOW_ROWS)
        length = judged[block] - left[block] + 1
        starts = np.cumsum(length) - length
        owner = np.repeat(np.arange(len(length)), length)
        flat = np.arange(length.sum()) - starts[owner] + left[block][owner]
        yield block, flat, starts, owner


def _threshold(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    aggregate = rule.text("aggregate")
    if not aggregate:
        return {}
    values = rows.values[rule.text("field")]
    result = np.empty(len(judged))
    for block, flat, starts, _owner in _windows(rows, judged, ms(rule.number("over_seconds"))):
        window = values[flat]
        known = ~np.isnan(window)
        count = np.add.reduceat(known.astype(np.float64), starts)
        if aggregate == "count":
            result[block] = count
        elif aggregate in ("mean", "total"):
            total = np.add.reduceat(np.where(known, window, 0.0), starts)
            result[block] = total / np.where(count > 0, count, np.nan) if aggregate == "mean" else total
        else:
            result[block] = (np.fmin if aggregate == "least" else np.fmax).reduceat(window, starts)
    return {aggregate: result}


def _rate_of_change(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    values = rows.values[rule.text("field")]
    key, over_ms = rows.key, ms(rule.number("over_seconds"))
    before = np.searchsorted(key, key[judged] - over_ms, side="right") - 1
    known = before >= rows.starts[judged]
    before = np.maximum(before, 0)
    known &= rows.at_ms[judged] - rows.at_ms[before] <= over_ms + ms(context.stream.gap_seconds)
    was = np.where(known, values[before], np.nan)
    change = values[judged] - was
    return {"change": change, "change_pct": 100 * change / np.where(was == 0, np.nan, np.abs(was))}


def _zscore(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    z = np.full(len(judged), np.nan)
    if context.profile is None:
        return {"z": z}
    field = rule.text("field")
    code, which = rows.code[judged], bins(rows.at_ms[judged], context.zone)
    for source in np.unique(code).tolist():
        usual = context.profile.lookup(rule.stream, field, context.names[source])
        if usual is not None:
            mine = np.flatnonzero(code == source)
            mean, spread = usual[which[mine]].T
            spread = np.maximum(spread, context.profile.spread_min * np.abs(mean))
            z[mine] = (rows.values[field][judged[mine]] - mean) / np.where(spread > 0, spread, np.nan)
    return {"z": z}


def _sequence(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    truths, known = holds(rule.comparisons("first"), rows, {}, context)
    first = np.flatnonzero(np.logical_and.reduce(truths) & known)
    if len(first) == 0:
        return {"after_seconds": np.full(len(judged), np.inf)}
    found = np.searchsorted(first, judged, side="right") - 1
    earlier = first[np.maximum(found, 0)]
    valid = (found >= 0) & (rows.code[earlier] == rows.code[judged])
    after = (rows.at_ms[judged] - rows.at_ms[earlier]) / 1000
    return {"after_seconds": np.where(valid & (after <= rule.number("within_seconds")), after, np.inf)}


def _spatial_cluster(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    """Compares each row with at most `NEIGHBOURS_MAX` before it in time, so that a flood of reports stays bounded."""
    placed = np.flatnonzero(~np.isnan(rows.x_m) & ~np.isnan(rows.y_m))
    # SciPy takes a second to load, and every process of the platform knows the alerts.
    from scipy.spatial import cKDTree

    nearby = np.full(len(rows), np.nan)
    in_time = placed[np.lexsort((rows.code[placed], rows.at_ms[placed]))]
    fresh = np.flatnonzero(rows.fresh[in_time])
    within_ms = ms(rule.number("within_seconds"))
    for begin in range(int(fresh[0]) if len(fresh) else len(in_time), len(in_time), NEIGHBOURS_MAX):
        first = max(0, begin - NEIGHBOURS_MAX)
        part = in_time[first : begin + NEIGHBOURS_MAX]
        points = np.stack([rows.x_m[part], rows.y_m[part]], axis=1)
        pairs = cKDTree(points).query_pairs(rule.number("radius_m"), output_type="ndarray").astype(np.int64)
        earlier, later = pairs.min(axis=1), pairs.max(axis=1)
        at, code = rows.at_ms[part], rows.code[part]
        near = (
            (at[later] - at[earlier] < within_ms) & (later - earlier <= NEIGHBOURS_MAX) & (code[later] != code[earlier])
        )
        distinct = np.unique((later[near] << TIME_BITS) | code[earlier[near]]) >> TIME_BITS
        count = 1 + np.bincount(distinct, minlength=len(part))
        nearby[part[begin - first :]] = count[begin - first :]
    return {"nearby": nearby[judged]}


def _forecast_exceeds(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    over_ms, horizon = ms(rule.number("over_seconds")), rule.number("horizon_seconds")
    if over_ms == 0:
        return {}
    values = rows.values[rule.text("field")]
    ahead = np.full(len(judged), np.nan)
    for block, flat, starts, owner in _windows(rows, judged, over_ms):
        value = values[flat]
        known = (~np.isnan(value)).astype(np.float64)
        value = np.where(known > 0, value, 0.0)
        time = (rows.at_ms[flat] - rows.at_ms[judged[block]][owner]) / 1000
        count, total_t, total_v, total_tt, total_tv = (
            np.add.reduceat(each, starts) for each in (known, time * known, value, time * time * known, time * value)
        )
        spread = count * total_tt - total_t**2
        # A line needs three points over half of the window.
        enough = (count >= 3) & (-time[starts] * 2000 >= over_ms)
        slope = (count * total_tv - total_t * total_v) / np.where(enough & (spread > 0), spread, np.nan)
        ahead[block] = (total_v - slope * total_t) / np.maximum(count, 1) + slope * horizon
    return {"ahead": ahead}


def _geometry(rule: Rule, rows: Rows, judged: Integers, context: Context) -> dict[str, Floats]:
    if line_kind := rule.text("line"):
        return {"crossed": _crossed(line_kind, rows, judged, context)}
    zones = context.places.zones_of(rule.text("zone"))
    if not zones:
        return dict.fromkeys(("inside", "against_deg", "headway_seconds"), np.full(len(judged), np.nan))
    which = geo.zone_of(zones, rows.x_m[judged], rows.y_m[judged])
    headings = np.array([*(zone.heading_deg for zone in zones), np.nan])
    way = headings[np.where(np.isnan(which), -1, which).astype(np.int64)]
    against = np.full(len(judged), np.nan)
    if "heading_deg" in rows.values:
        against = np.abs((rows.values["heading_deg"][judged] - way + 180) % 360 - 180)
    inside = np.where(np.isnan(which), np.nan, (which >= 0).astype(np.float64))
    return {"inside": inside, "against_deg": against, "headway_seconds": _headway(rows, judged, which, way)}


def _crossed(kind: str, rows: Rows, judged: Integers, context: Context) -> Floats:
    before = np.maximum(judged - 1, 0)
    moved = (judged > rows.starts[judged]) & (rows.at_ms[judged] - rows.at_ms[before] <= ms(context.stream.gap_seconds))
    x0, y0, x1, y1 = rows.x_m[before], rows.y_m[before], rows.x_m[judged], rows.y_m[judged]
    known = moved & ~np.isnan(x0 + y0 + x1 + y1)
    crossed = np.zeros(len(judged), np.bool_)
    lines = context.places.lines_of(kind)
    for line in lines:
        crossed |= geo.crosses(line, x0, y0, x1, y1)
    return np.where(known & bool(lines), crossed.astype(np.float64), np.nan)


def _headway(rows: Rows, judged: Integers, which: Floats, way: Floats) -> Floats:
    """Seconds to the place of the next vehicle ahead in the same zone at the same instant, at one's own speed."""
    headway = np.full(len(judged), np.nan)
    speed = rows.values.get("speed_kmh")
    inside = np.flatnonzero((which >= 0) & ~np.isnan(way))
    if speed is None or len(inside) == 0:
        return headway
    turn = np.radians(way[inside])
    along = rows.x_m[judged[inside]] * np.sin(turn) + rows.y_m[judged[inside]] * np.cos(turn)
    order = np.lexsort((along, rows.at_ms[judged[inside]], which[inside]))
    mine, at = inside[order], rows.at_ms[judged[inside]][order]
    follows = (which[mine][1:] == which[mine][:-1]) & (at[1:] == at[:-1])
    metres_a_second = speed[judged[mine]] / 3.6
    gap = np.diff(along[order]) / np.where(metres_a_second[:-1] > 0, metres_a_second[:-1], np.nan)
    headway[mine[:-1]] = np.where(follows, gap, np.nan)
    return headway


OPERATORS: Mapping[str, Callable[[Rule, Rows, Integers, Context], dict[str, Floats]]] = {
    "threshold": _threshold,
    "rate_of_change": _rate_of_change,
    "zscore": _zscore,
    "sequence": _sequence,
    "spatial_cluster": _spatial_cluster,
    "forecast_exceeds": _forecast_exceeds,
    "geometry": _geometry,
}
# What each operator adds, for the checker.
ADDS: Mapping[str, tuple[str, ...]] = {
    "threshold": ("mean", "least", "most", "total", "count"),
    "rate_of_change": ("change", "change_pct"),
    "zscore": ("z",),
    "absence": (),
    "duration_in_state": (),
    "sequence": ("after_seconds",),
    "spatial_cluster": ("nearby",),
    "forecast_exceeds": ("ahead",),
    "geometry": ("inside", "crossed", "against_deg", "headway_seconds"),
}
