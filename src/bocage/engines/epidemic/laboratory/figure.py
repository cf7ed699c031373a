"""The trade-off drawn: attack rate against restricted days a person. Needs matplotlib (the extra `epidemic`)."""

from collections.abc import Sequence
from pathlib import Path

from bocage.engines.epidemic.laboratory.sweep import Summary

COLOURS = {
    "none": "#6b7280",
    "test": "#92400e",
    "trace": "#b45309",
    "household": "#b91c1c",
    "contacts": "#7e22ce",
    "bocage": "#15803d",
}
MARKS = {"none": "o", "test": "s", "trace": "^", "household": "D", "contacts": "P", "bocage": "*"}


def draw(summaries: Sequence[Summary], path: Path) -> None:
    """Write the figure to `path`; its ending says the format (.svg, .png, .pdf). Each point the mean, bars one sd."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    named: set[str] = set()
    for each in summaries:
        name = each.world.policy
        days, attack = each.mean("restricted_days") or 0.0, each.mean("attack") or 0.0
        label = None if name in named else name
        named.add(name)
        axes.errorbar(
            [days],
            [attack],
            yerr=[each.attack_sd],
            fmt=MARKS[name],
            color=COLOURS[name],
            mfc=COLOURS[name] if each.world.contacts == "all" else "white",
            markersize=9,
            capsize=3,
            label=label,
        )
    axes.set(xlabel="restricted days a person", ylabel="infections a person")
    axes.set_ylim(bottom=0)
    axes.set_xscale("symlog", linthresh=1)
    axes.grid(alpha=0.3)
    axes.legend(title="policy (hollow: contacts as observed)")
    # Without a date in it the same runs give the same file.
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, metadata=metadata)
