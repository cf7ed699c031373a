"""Reference households weighed by the book, a head, beside published footprints; by `benchmarks/carbon.py`."""

from decimal import Decimal

from rich.table import Table

from bocage.engines.carbon.households import Household, Post, Published, households

TOTAL_PERCENT = 10
POST_PERCENT = 25
_MICROGRAMS = 10**9


def table() -> Table:
    """Every post of every household: ours with its interval, the published figure, and whether the goal is met."""
    shown = Table("Household", "Post", "kg a head", "90 % interval", "published", "off", "inside", "goal")
    shown.title = "Reference households (national accounts), a head and year"
    for one in households():
        for post in (*one.posts, one.total):
            for told in post.published or (None,):
                shown.add_row(one.title, post.name, *_figures(one, post, told))
        shown.add_section()
    return shown


def _figures(one: Household, post: Post, told: Published | None) -> tuple[str, ...]:
    weight = post.accounted
    kg = Decimal(weight.micrograms) / _MICROGRAMS
    low, high = (Decimal(bound) / _MICROGRAMS for bound in (weight.low_micrograms, weight.high_micrograms))
    ours = (f"{kg:,.0f}", f"{low:,.0f} to {high:,.0f}")
    if told is None:
        return (*ours, "none found", "", "", "not measured")
    figure = f"{told.kg_a_head:,.0f} ({told.year})"
    if not told.is_what_households_buy:
        return (*ours, figure, "", "", f"not comparable: {told.boundary}")
    if post is one.total and not one.is_whole:
        return (*ours, figure, "", "", "not measured: the budget lacks lines")
    off = float(kg / told.kg_a_head - 1) * 100
    goal = TOTAL_PERCENT if post is one.total else POST_PERCENT
    inside = low <= told.kg_a_head <= high
    met = abs(off) <= goal and inside
    return (*ours, figure, f"{off:+.0f} %", "yes" if inside else "no", "met" if met else f"missed (within {goal} %)")
