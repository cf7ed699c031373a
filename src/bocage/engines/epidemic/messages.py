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

# Below it a message's sum is lost in single precision; the logarithm of what it stands for, -69, excludes a day.
TINY = np.float32(1e-30)
CERTAIN = np.float32(0.999)


@dataclass(slots=True, eq=False)
class Messages:
    """Undirected edges between `first` and `second`, and both directed messages on each, in logarithms; float32.

    `node` are the people with messages, in order; `first` and `second` count into it. `kept` [2, edges, window + 1],
    `hazard` [2, edges, window]: index 0 is what `second` is told by `first`. `kernels` [3, edges, window + 1,
    window + 1] over (day of first, day of second): E, E k(second by first), E k(first by second). `receive`
    [nodes, 2 edges] adds up what each is told, `kept_sum` and `hazard_sum` [nodes, window (+ 1)] are those sums.
    """

    edge: Ints
    node: Ints
    first: Ints
    second: Ints
    kernels: Floats
    weights: Floats
    kept: Floats
    hazard: Floats
    receive: Any
    kept_sum: Floats
    hazard_sum: Floats

    def put_in(self, log_spared: Floats, hazard: Floats) -> None:
        """Add what was told to the [window + 1, people] log-likelihood and the [window, people] hazard."""
        log_spared[:, self.node] += self.kept_sum.T
        hazard[:, self.node] += self.hazard_sum.T

    def take_out(self, hazard: Floats, infectiousness: Floats) -> None:
        """Take from the [window, people] hazard of `Graph.hazard` what these edges added to it."""
        sent = infectiousness[:, self.node].T
        told = np.concatenate((sent[self.first], sent[self.second])) * np.tile(self.weights, (2, 1))
        hazard[:, self.node] = np.maximum(hazard[:, self.node] - (self.receive @ told).T, 0.0)

    def backward(self) -> Floats:
        """[nodes, window + 1]: what was told beyond the hazard, that is of what befell others later."""
        return self.kept_sum - spared(self.hazard_sum.T).T


def spared(hazard: Floats) -> Floats:
    """[window + 1, people]: log-probability of no infection before each day, and in the whole window."""
    total = np.zeros((hazard.shape[0] + 1, hazard.shape[1]), dtype=np.float32)
    for day in range(hazard.shape[0]):
        np.subtract(total[day], hazard[day], out=total[day + 1])
    return total


def caught(hazard: Floats) -> Floats:
    """1 - exp(-hazard), as 2 t / (1 + t) with t = tanh(hazard / 2): exact near 0, and vectorised where expm1 is not."""
    half = np.tanh(hazard * np.float32(0.5))
    result: Floats = 2 * half
    result /= np.add(half, np.float32(1), out=half)
    return result


def choose(graph: Graph, strength: Floats, reach_min: float, edges_max: int) -> Ints:
    """The edges on which messages say more than the mean: at most `edges_max`, those that can move most; in order.

    `strength` [people] is how much evidence has multiplied a person's probability; times the weight of the contact it
    is how far the message can move the other end's.
    """
    # Most edges fall out by the strongest contact there is, without a look at their own weight.
    strong = strength * graph.heaviest > reach_min
    found = np.flatnonzero(strong[graph.first] | strong[graph.second])
    ends = np.maximum(strength[graph.first[found]], strength[graph.second[found]])
    reach = graph.weight[found] * ends
    found, reach = found[reach > reach_min], reach[reach > reach_min]
    if len(found) > edges_max:
        order = np.argsort(-reach, kind="stable")
        found = np.sort(found[order[:edges_max]])
    return found.astype(np.int32)


def begin(graph: Graph, edge: Ints, by_day: Floats, susceptibility: Floats | None, mobility: Floats | None) -> Messages:
    """Messages that say nothing yet on the edges chosen.

    `by_day` [window, window]: infectiousness by infection day; `susceptibility` [people], `mobility` [window, people].
    """
    window = by_day.shape[0]
    first, second, edges = graph.first[edge], graph.second[edge], len(edge)
    column = graph.column[edge][:, None]
    falls = (column == EVERY_DAY) | (column == np.arange(window)[None, :])
    weights = np.where(falls, graph.weight[edge][:, None], 0.0).astype(np.float32)
    if mobility is not None:
        weights *= (mobility[:, first] * mobility[:, second]).T
    ends = np.ones((edges, 2), dtype=np.float32)
    if susceptibility is not None:
        ends[:, 0], ends[:, 1] = susceptibility[first], susceptibility[second]
    # Most contacts share weight and mobility with others: a kernel is made once for all that are alike.
    kinds, which = alike(np.concatenate((weights, ends), axis=1))
    kernels = _kernels(kinds[:, :window], kinds[:, window], kinds[:, window + 1], by_day)[:, which]
    node, place = np.unique(np.concatenate((second, first)), return_inverse=True)
    told = np.ones(2 * edges, dtype=np.float32), (place, np.arange(2 * edges))
    return Messages(
        edge=edge,
        node=node,
        first=place[edges:],
        second=place[:edges],
        kernels=kernels,
        weights=weights,
        kept=np.zeros((2, edges, window + 1), dtype=np.float32),
        hazard=np.zeros((2, edges, window), dtype=np.float32),
        receive=sparse.csr_array(told, shape=(len(node), 2 * edges)),
        kept_sum=np.zeros((len(node), window + 1), dtype=np.float32),
        hazard_sum=np.zeros((len(node), window), dtype=np.float32),
    )


def alike(rows: Floats) -> tuple[Floats, Ints]:
    """The different ones among float32 [rows, columns], and [rows] which of them each is.

    Found by a hash of their bits, checked: sorting whole rows costs twenty times as much.
    """
    odd = np.random.default_rng(1).integers(0, 2**63, rows.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    key = (np.ascontiguousarray(rows).view(np.uint32) * odd).sum(axis=1)
    _, index, which = np.unique(key, return_index=True, return_inverse=True)
    kinds = rows[index]
    if not np.array_equal(kinds[which], rows):
        kinds, which = np.unique(rows, axis=0, return_inverse=True)
    return kinds, which


def _kernels(weights: Floats, first: Floats, second: Floats, by_day: Floats) -> Floats:
    """[3, kinds, window + 1, window + 1] from [kinds, window] weights and the [kinds] susceptibility of both ends."""
    kinds, window = weights.shape
    # [kinds, day infected, day]: the probability that one infected on a day infects the other on each later day.
    given = weights[:, None, :] * by_day[None]
    forward = np.minimum(given * second[:, None, None], CERTAIN)
    backward = np.minimum(given * first[:, None, None], CERTAIN)
    kernels = np.zeros((3, kinds, window + 1, window + 1), dtype=np.float32)
    exponent = np.zeros((kinds, window + 1, window + 1), dtype=np.float32)
    exponent[:, :window, 1:] += np.cumsum(np.log1p(-forward), axis=2)
    exponent[:, 1:, :window] += np.cumsum(np.log1p(-backward), axis=2).transpose(0, 2, 1)
    np.exp(exponent, out=kernels[0])
    np.multiply(kernels[0, :, :window, :window], forward, out=kernels[1, :, :window, :window])
    np.multiply(kernels[0, :, :window, :window], backward.transpose(0, 2, 1), out=kernels[2, :, :window, :window])
    return kernels


def pass_on(messages: Messages, log_own: Floats, hazard: Floats) -> None:
    """One round: every message anew from what each end knows without the other.

    `log_own` [window + 1, people] log-likelihood of answers; `hazard` [window, people] log-hazard of everything,
    messages included.
    """
    node = messages.node
    total = hazard[:, node]
    known = (log_own[:, node] + spared(total - messages.hazard_sum.T)).T + messages.kept_sum
    total = np.ascontiguousarray(total.T)
    told = []
    ends = (messages.first, messages.second)
    for sender, side in ((0, "ekt,ek->et"), (1, "etk,ek->et")):
        person = ends[sender]
        # The cavity: what the receiver told the sender is taken away.
        log_before = known[person] - messages.kept[1 - sender]
        log_before -= log_before.max(axis=1, keepdims=True)
        before = np.exp(log_before)
        infected = before.copy()
        infected[:, :-1] *= caught(np.maximum(total[person] - messages.hazard[1 - sender], 0.0))
        uninfected = before - infected
        by_sender, by_receiver = messages.kernels[1 + sender], messages.kernels[2 - sender]
        kept = np.einsum(side, messages.kernels[0], infected) + np.einsum(side, by_receiver, uninfected)
        added = np.einsum(side, by_sender, infected)
        np.maximum(kept, TINY, out=kept)
        share = np.minimum(added[:, :-1] / kept[:, :-1], CERTAIN)
        log_kept = np.log(kept)
        told.append((log_kept - log_kept[:, -1:], -np.log1p(-share)))
    messages.kept = np.stack([kept for kept, _ in told])
    messages.hazard = np.stack([added for _, added in told])
    _, edges, window = messages.hazard.shape
    messages.kept_sum = np.asarray(messages.receive @ messages.kept.reshape(2 * edges, window + 1))
    messages.hazard_sum = np.asarray(messages.receive @ messages.hazard.reshape(2 * edges, window))
