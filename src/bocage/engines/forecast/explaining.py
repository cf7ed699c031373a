"""Why a forecast says what it says, in words that need no statistics."""

from bocage.engines.forecast.features import Rows

NOTICED = 0.05  # of the free flow: smaller changes are none


def reasons_of(rows: Rows, place: int, minutes: int, step_minutes: int) -> list[tuple[str, ...]]:
    """One tuple a row, for the horizon at `place`."""
    change, ties, alike = (rows.column(name) for name in ("change_30", "ties_change_15", "alike"))
    free = rows.column("free")
    then = rows.ahead[place][:, 0] + rows.now
    found = []
    for at in range(len(rows.now)):
        age = int(rows.age[at])
        noticed = NOTICED * float(free[at])
        if age > 12:
            lines = ["silent for more than an hour: neighbours and the time of day stand in for it"]
        elif age:
            lines = [f"silent for {age * step_minutes} min: its last reading, {rows.now[at]:.0f}, stands in"]
        else:
            lines = [f"reads {rows.now[at]:.0f} now" + _moved(float(change[at]), noticed, f"{6 * step_minutes} min")]
        near = _moved(float(ties[at]), noticed, f"{3 * step_minutes} min")
        if near:
            lines.append("around it" + near.removeprefix(","))
        if abs(float(alike[at])) > noticed:
            lines.append(f"days like this one read {rows.now[at] + alike[at]:.0f} at this time")
        lines.append(f"days like this one read {then[at]:.0f} in {minutes} min")
        found.append(tuple(lines))
    return found


def _moved(change: float, noticed: float, span: str) -> str:
    if abs(change) <= noticed:
        return ""
    return f", {abs(change):.0f} {'higher' if change > 0 else 'lower'} than {span} ago"
