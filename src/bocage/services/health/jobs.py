"""Health's jobs: what is due, and what is over. None carries anything of a person in its arguments."""

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.work import periodic, task
from bocage.services.health import simulations
from bocage.services.health.actions import deciding, matching, scheme

ROUNDS_MAX = 500


@periodic("*/10 * * * *")
@task(name="health.forget", single=True)
def forget() -> None:
    """Delete what is 14 days old, and everything at the sunset."""
    scheme.end_at_sunset()
    scheme.sweep()


@task(name="health.simulate", single=True, retry=1, in_transaction=False)
def simulate(budget_days: float, agents: int, seeds: int) -> None:
    """Play every policy in simulated towns; each run is kept as it ends, so that a second try goes on."""
    simulations.play(budget_days, agents, seeds)


@periodic("23 1 * * *")
@task(name="health.match", single=True, in_transaction=False)
def match() -> None:
    """Weigh all meetings anew, nightly and after a result; then work out the colours that it may have changed."""
    with acting_as(Actor.for_service("health")):
        matching.match()
    decide()


@periodic("*/10 * * * *")
@task(name="health.decide", single=True, in_transaction=False)
def decide_due() -> None:
    """Work out the colours that are due; appeals whose deadline has come are."""
    with acting_as(Actor.for_service("health")):
        deciding.put_over_due()
    decide()


def decide() -> None:
    """Batch after batch, each in a transaction of its own."""
    for _round in range(ROUNDS_MAX):
        with acting_as(Actor.for_service("health")):
            if not deciding.decide_due():
                return
