"""Belief propagation on the contacts that matter most: exact on a tree (cf. Baker et al., PNAS 118(32), 2021).

A meeting u-v has the pair of infection days (tu, tv) as its variable. What u's side says about it is, up to a constant,

    L(tu) P(tu) E(tu, tv) [h(tu) + k(tu | tv) (1 - h(tu))]

with L the likelihood of u's answers, P the probability that u's *other* contacts spared them before tu, h that those
infect u on tu (the cavity: without v), k that v does, E that neither infected the other before. Summed over tu with
v's own factor it gives two numbers for each tv: `kept`, v spared by u before tv, and `hazard`, what u adds on tv. The
message also carries evidence backwards: whoever met somebody who was then found ill may have been the source.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from bocage.engines.epidemic.graph import Graph
from bocage.engines.epidemic.types import EVERY_DAY, Floats, Ints

TINY = 1e-300


@dataclass(slots=True, eq=False)
class Messages:
    """Undirected edges between `first` and `second`, and both directed messages on each, in logarithms.

    `kept` [2, edges, window + 1], `hazard` [2, edges, window]: index 0 is what `second` is told by `first`.
    `kernels` [3, edges, window + 1, window + 1] over (day of first, day of second): E, E k(second by first),
    E k(first by second). `receive` [people, 2 edges] adds up what each person is told.
    """

    edge: Ints
    first: Ints
    second: Ints
    kernels: Floats
    weights: Floats
    kept: Floats
    hazard: Floats
    receive: Any

    def sums(self) -> tuple[Floats, Floats]:
        """[people, window + 1] log-likelihood and [people, window] hazard of all messages received."""
        edges, window = len(self.edge), self.hazard.shape[2]
        kept = self.receive @ self.kept.reshape(2 * edges, window + 1)
        return np.asarray(kept), np.asarray(self.receive @ self.hazard.reshape(2 * edges, window))

    def plain_hazard(self, infectiousness: Floats) -> Floats:
        """[people, window]: what these edges add in `Graph.hazard`, to be taken out of it."""
        told = np.concatenate((infectiousness[self.first], infectiousness[self.second])) * np.tile(self.weights, (2, 1))
        return np.asarray(self.receive @ told)


def choose(graph: Graph, strength: Floats, reach_min: float, edges_max: int) -> Ints:
    """The edges on which messages say more than the mean: at most `edges_max`, those that can move most; in order.

    `strength` [people] is how much evidence has multiplied a person's probability; times the weight of the contact it
    is how far the message can move the other end's.
    """
    reach = graph.weight * np.maximum(strength[graph.first], strength[graph.second])
    found = np.flatnonzero(reach > reach_min)
    if len(found) > edges_max:
        order = np.argsort(-reach[found], kind="stable")
        found = np.sort(found[order[:edges_max]])
    return found.astype(np.int32)


def begin(graph: Graph, edge: Ints, by_day: Floats, susceptibility: Floats, mobility: Floats | None) -> Messages:
    """Messages that say nothing yet on the edges chosen. `by_day` [window, window]: infectiousness by infection day."""
    window = by_day.shape[0]
    first, second, edges = graph.first[edge], graph.second[edge], len(edge)
    days = np.arange(window)[None, :]
    column = graph.column[edge][:, None]
    weights = np.where((column == EVERY_DAY) | (column == days), graph.weight[edge][:, None], 0.0).astype(np.float32)
    if mobility is not None:
        weights *= mobility[first] * mobility[second]
    # [edges, day infected, day]: the probability that one infected on a day infects the other on each later day.
    given = weights[:, None, :] * by_day[None].astype(np.float32)
    ends_susceptible = susceptibility.astype(np.float32)[:, None, None]
    forward = np.minimum(given * ends_susceptible[second], 0.999)
    backward = np.minimum(given * ends_susceptible[first], 0.999)
    log_forward, log_backward = np.log1p(-forward), np.log1p(-backward)
    kernels = np.zeros((3, edges, window + 1, window + 1), dtype=np.float32)
    exponent = np.zeros((edges, window + 1, window + 1), dtype=np.float32)
    exponent[:, :window, 1:] += np.cumsum(log_forward, axis=2)
    exponent[:, 1:, :window] += np.cumsum(log_backward, axis=2).transpose(0, 2, 1)
    np.exp(exponent, out=kernels[0])
    np.multiply(kernels[0, :, :window, :window], forward, out=kernels[1, :, :window, :window])
    np.multiply(kernels[0, :, :window, :window], backward.transpose(0, 2, 1), out=kernels[2, :, :window, :window])
    ends = np.concatenate((second, first))
    receive = sparse.csr_array((np.ones(2 * edges), (ends, np.arange(2 * edges))), shape=(graph.people, 2 * edges))
    none = np.zeros((2, edges, window + 1)), np.zeros((2, edges, window))
    return Messages(edge, first, second, kernels, weights, *none, receive)


def pass_on(messages: Messages, log_own: Floats, log_spared: Floats, hazard: Floats) -> None:
    """One round: every message anew from what each end knows without the other.

    `log_own` [people, window + 1] log-likelihood of answers; `log_spared` [people, window + 1] log-probability that
    nobody infected the person before each day, messages included; `hazard` [people, window] log-hazard likewise.
    """
    told = []
    ends = (messages.first, messages.second)
    for sender, side in ((0, "ekt,ek->et"), (1, "etk,ek->et")):
        person = ends[sender]
        # The cavity: what the receiver told the sender is taken away.
        heard_kept, heard_hazard = messages.kept[1 - sender], messages.hazard[1 - sender]
        log_before = log_own[person] + log_spared[person] - heard_kept
        log_before -= log_before.max(axis=1, keepdims=True)
        before = np.exp(log_before)
        new = -np.expm1(-np.maximum(hazard[person] - heard_hazard, 0.0))
        infected = before.copy()
        infected[:, :-1] *= new
        spared = (before - infected).astype(np.float32)
        infected = infected.astype(np.float32)
        by_sender, by_receiver = messages.kernels[1 + sender], messages.kernels[2 - sender]
        kept = np.einsum(side, messages.kernels[0], infected) + np.einsum(side, by_receiver, spared)
        added = np.einsum(side, by_sender, infected)
        kept = np.maximum(kept.astype(np.float64), TINY)
        share = np.minimum(added[:, :-1] / kept[:, :-1], 0.999)
        log_kept = np.log(kept)
        told.append((log_kept - log_kept[:, -1:], -np.log1p(-share)))
    messages.kept = np.stack([kept for kept, _ in told])
    messages.hazard = np.stack([added for _, added in told])
