"""Boxes to tracks: a Kalman filter on the ground, and the best assignment by overlap and distance.

State (x, y, vx, vy) with white acceleration (Bar-Shalom, Li and Kirubarajan 2001, 6.2.2); what is measured is the
footprint under a box, off by so many pixels, which the homography turns into metres. Assignment: Hungarian, over
1 - IoU with the box that a track should have by now (Bewley and others 2016) plus Mahalanobis distance.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from bocage.engines.video import footprint
from bocage.engines.video.ground import inside
from bocage.engines.video.scene import Scene
from bocage.engines.video.types import (
    BICYCLE,
    LENGTH,
    LENGTH_SIGMA,
    OBJECTS,
    PERSON,
    WIDTH,
    Detections,
    Floats,
    Indices,
    Mask,
    TrackState,
    VideoError,
)

TRACKS_LIMIT = 500
ACCELERATION, ACCELERATION_ON_FOOT = 2.5, 1.0  # metres a second squared, one standard deviation
FIRST_SPEED_SIGMA, FIRST_SPEED_SIGMA_ON_FOOT = 12.0, 1.5
LEAST_IOU, GATE = 0.1, 9.21  # the 99 % point of chi-squared with two degrees of freedom
MATCHES_TO_CONFIRM, TENTATIVE_SECONDS, LOST_SECONDS, LOST_STANDING_SECONDS = 4, 0.35, 1.5, 4.0
CUT_FACTOR = 6.0  # how much farther off the foot of a box may be that the image's edge cuts
SLOW_SPEED = 1.5
TURNING_SPEED = 3.0  # from which on a heading is taken from the way driven, no longer from the lane
KIND_MEMORY = 0.95  # a frame's
GAP_LIMIT_SECONDS = 5.0


@dataclass
class _Tracks:
    """All tracks, a row each."""

    number: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    mean: Floats = field(default_factory=lambda: np.zeros((0, 4)))
    covariance: Floats = field(default_factory=lambda: np.zeros((0, 4, 4)))
    box: Floats = field(default_factory=lambda: np.zeros((0, 4)))
    heading: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    votes: Floats = field(default_factory=lambda: np.zeros((0, len(OBJECTS))))
    matches: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    missing: Floats = field(default_factory=lambda: np.zeros(0))

    def keep(self, rows: Mask) -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name)[rows])

    def add(self, other: "_Tracks") -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(other, name)]))

    @property
    def kind(self) -> Indices:
        found: Indices = self.votes.argmax(axis=1)
        return found


class Tracker:
    """Takes each frame's detections in order, and answers what is on the ground."""

    def __init__(self, scene: Scene) -> None:
        """Nothing is known yet."""
        self._scene = scene
        self._tracks = _Tracks()
        self._seconds: float | None = None
        self._next = 1

    def step(self, seconds: float, seen: Detections) -> list[TrackState]:
        """Tracks that are confirmed, seen in this frame or missed for no longer than 1.5 s (4 s where it stood).

        Raises:
            VideoError: time goes back.
        """
        if not np.isfinite(seconds) or (self._seconds is not None and seconds <= self._seconds):
            raise VideoError(f"a frame of second {seconds:g} comes after one of {self._seconds or 0:g}")
        gap = 0.0 if self._seconds is None else seconds - self._seconds
        self._seconds = seconds
        tracks = self._tracks
        if gap > GAP_LIMIT_SECONDS:
            tracks.keep(np.zeros(len(tracks.number), dtype=np.bool_))
        expected = self._predict(min(gap, GAP_LIMIT_SECONDS))
        rows, columns = self._assign(expected, seen)
        tracks.missing += gap
        self._correct(rows, seen, columns)
        here = tracks.missing == 0
        slow = np.hypot(*tracks.mean[:, 2:].T) < SLOW_SPEED
        patience = np.where(slow, LOST_STANDING_SECONDS, LOST_SECONDS)
        patience = np.where(tracks.matches >= MATCHES_TO_CONFIRM, patience, TENTATIVE_SECONDS)
        kept = (tracks.missing <= patience) & self._in_view()
        tracks.keep(kept)
        here = here[kept]
        free = np.setdiff1d(np.arange(len(seen.box)), columns)
        here = np.concatenate([here, np.ones(self._begin(seen, free), dtype=np.bool_)])
        return self._states(here)

    def _predict(self, gap: float) -> Floats:
        """Move tracks on by `gap` seconds; answers the boxes (n, 4) that they should have."""
        tracks, ground = self._tracks, self._scene.homography
        before = ground.to_image(tracks.mean[:, :2])
        moves = np.eye(4)
        moves[0, 2] = moves[1, 3] = gap
        tracks.mean = tracks.mean @ moves.T
        sigma = np.where(_on_foot(tracks.kind), ACCELERATION_ON_FOOT, ACCELERATION)
        half = np.array([[gap**3 / 3, gap**2 / 2], [gap**2 / 2, gap]])
        noise = np.kron(half, np.eye(2))
        tracks.covariance = moves @ tracks.covariance @ moves.T + (sigma**2)[:, None, None] * noise
        after = ground.to_image(tracks.mean[:, :2])
        scale = np.sqrt(_pixels_a_metre(self._scene, after) / _pixels_a_metre(self._scene, before))
        scale = np.clip(np.nan_to_num(scale, nan=1.0), 0.5, 2.0)[:, None]
        middle = before[:, [0, 1, 0, 1]]
        expected = (tracks.box - middle) * scale + after[:, [0, 1, 0, 1]]
        return np.where(np.isfinite(expected), expected, tracks.box)

    def _assign(self, expected: Floats, seen: Detections) -> tuple[Indices, Indices]:
        """Rows of tracks and columns of detections that belong together."""
        tracks = self._tracks
        if not len(expected) or not len(seen.box):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        overlap = iou(expected, seen.box)
        at, noise = self._measured(seen, self._lane_heading(seen.box))
        off = at[None] - tracks.mean[:, None, :2]
        spread = tracks.covariance[:, None, :2, :2] + noise[None]
        distance = np.einsum("tdi,tdij,tdj->td", off, np.linalg.inv(spread), off)
        distance = np.nan_to_num(distance, nan=np.inf)
        # Somebody on foot is no car, whatever overlaps.
        alike = _on_foot(tracks.kind)[:, None] == _on_foot(seen.kind)[None]
        allowed = ((overlap >= LEAST_IOU) | (distance <= GATE)) & (alike | (overlap >= 0.3))
        cost = 1 - overlap + 0.5 * np.minimum(distance / GATE, 1.0) + 0.3 * ~alike
        cost = np.where(allowed, cost, 1e3)
        rows, columns = linear_sum_assignment(cost)
        good = allowed[rows, columns]
        return rows[good], columns[good]

    def _measured(self, seen: Detections, heading: Floats) -> tuple[Floats, Floats]:
        """Where detections (n) stand, and with which covariance (n, 2, 2)."""
        scene = self._scene
        at = footprint.fitted(scene.homography, seen.box, heading, LENGTH[seen.kind], WIDTH[seen.kind])
        slope = scene.homography.metres_a_pixel(scene.homography.to_image(at))
        cut = _cut(scene, seen.box)
        pixels = scene.pixel_sigma * np.where(cut, CUT_FACTOR, 1.0)
        pixels = np.where(np.isfinite(at).all(axis=1), pixels, np.nan)
        survey = (scene.survey_sigma_metres**2 + scene.homography.residual_metres**2) * np.eye(2)
        noise = slope @ np.swapaxes(slope, 1, 2) * (pixels**2)[:, None, None] + survey
        return at, np.where(np.isfinite(noise), noise, 1e6 * np.eye(2))

    def _correct(self, rows: Indices, seen: Detections, columns: Indices) -> None:
        """Kalman's update, Joseph's form."""
        tracks = self._tracks
        if not len(rows):
            return
        boxes = seen.box[columns]
        votes = KIND_MEMORY * tracks.votes[rows]
        votes[np.arange(len(rows)), seen.kind[columns]] += seen.score[columns]
        tracks.votes[rows] = votes
        known = Detections(boxes, tracks.kind[rows], seen.score[columns])
        at, noise = self._measured(known, tracks.heading[rows])
        fine = np.isfinite(at).all(axis=1)
        covariance, sees = tracks.covariance[rows], np.eye(2, 4)
        spread = covariance[:, :2, :2] + noise
        gain = covariance[:, :, :2] @ np.linalg.inv(spread)
        off = np.where(fine[:, None], at - tracks.mean[rows, :2], 0.0)
        gain = gain * fine[:, None, None]
        tracks.mean[rows] += np.einsum("nij,nj->ni", gain, off)
        rest = np.eye(4) - gain @ sees
        tracks.covariance[rows] = rest @ covariance @ np.swapaxes(rest, 1, 2) + gain @ noise @ np.swapaxes(gain, 1, 2)
        tracks.box[rows], tracks.missing[rows] = boxes, 0.0
        tracks.matches[rows] += 1
        speed = np.hypot(*tracks.mean[rows, 2:].T)
        sigma = np.sqrt(np.trace(tracks.covariance[rows, 2:, 2:], axis1=1, axis2=2))
        moving = speed > np.maximum(TURNING_SPEED, 2 * sigma)
        turned = tracks.mean[rows, 2:] / np.maximum(speed, 1e-9)[:, None]
        tracks.heading[rows] = np.where(moving[:, None], turned, tracks.heading[rows])

    def _begin(self, seen: Detections, free: Indices) -> int:
        """A tentative track for each detection that none explains; answers how many."""
        free = free[: max(0, TRACKS_LIMIT - len(self._tracks.number))]
        if not len(free):
            return 0
        chosen = Detections(seen.box[free], seen.kind[free], seen.score[free])
        heading = self._lane_heading(chosen.box)
        at, noise = self._measured(chosen, heading)
        fine = np.isfinite(at).all(axis=1)
        chosen = Detections(chosen.box[fine], chosen.kind[fine], chosen.score[fine])
        count = int(fine.sum())
        covariance = np.zeros((count, 4, 4))
        covariance[:, :2, :2] = noise[fine]
        speed = np.where(_on_foot(chosen.kind), FIRST_SPEED_SIGMA_ON_FOOT, FIRST_SPEED_SIGMA)
        covariance[:, 2, 2] = covariance[:, 3, 3] = speed**2
        votes = np.zeros((count, len(OBJECTS)))
        votes[np.arange(count), chosen.kind] = chosen.score
        numbers = np.arange(self._next, self._next + count)
        self._next += count
        mean = np.hstack([at[fine], np.zeros((count, 2))])
        one, none = np.ones(count, dtype=np.int64), np.zeros(count)
        self._tracks.add(_Tracks(numbers, mean, covariance, chosen.box, heading[fine], votes, one, none))
        return count

    def _lane_heading(self, box: Floats) -> Floats:
        """The direction (n, 2) of the lane nearest to the foot of each box (n, 4); along y where there is none."""
        at = self._scene.homography.to_ground(0.5 * (box[:, [0, 3]] + box[:, [2, 3]]))
        if not self._scene.lanes:
            return np.broadcast_to(np.array([0.0, 1.0]), at.shape).copy()
        depth = np.stack([inside(lane.polygon, np.nan_to_num(at)) for lane in self._scene.lanes])
        directions = np.stack([lane.direction for lane in self._scene.lanes])
        found: Floats = directions[depth.argmax(axis=0)]
        return found

    def _in_view(self) -> Mask:
        at = self._scene.homography.to_image(self._tracks.mean[:, :2])
        margin = np.array([0.25 * self._scene.width, 0.25 * self._scene.height])
        high = np.array([self._scene.width, self._scene.height]) + margin
        found: Mask = ((at >= -margin) & (at <= high)).all(axis=1)
        return found

    def _states(self, here: Mask) -> list[TrackState]:
        tracks, ground = self._tracks, self._scene.homography
        kind = tracks.kind
        position, velocity = tracks.mean[:, :2], tracks.mean[:, 2:]
        half = 0.5 * LENGTH[kind][:, None] * tracks.heading
        away = footprint.receding(ground, position, tracks.heading)
        along = np.einsum("ni,nij,nj->n", tracks.heading, tracks.covariance[:, :2, :2], tracks.heading)
        near, far = np.sqrt(along), np.sqrt(along + LENGTH_SIGMA[kind] ** 2)
        rear_sigma, front_sigma = np.where(away, near, far), np.where(away, far, near)
        told = np.flatnonzero(tracks.matches >= MATCHES_TO_CONFIRM)
        return [
            TrackState(
                track=int(tracks.number[at]),
                kind=OBJECTS[kind[at]],
                box=(*map(float, tracks.box[at]),),  # type: ignore[arg-type]
                position=position[at].copy(),
                velocity=velocity[at].copy(),
                covariance=tracks.covariance[at].copy(),
                heading=tracks.heading[at].copy(),
                rear=position[at] - half[at],
                front=position[at] + half[at],
                rear_sigma=float(rear_sigma[at]),
                front_sigma=float(front_sigma[at]),
                seen=bool(here[at]),
            )
            for at in told
        ]


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union (n, m) of boxes (n, 4) and (m, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None] + (b[:, 2:] - b[:, :2]).prod(axis=1)[None]
    found: Floats = shared / np.maximum(area - shared, 1e-9)
    return found


def _on_foot(kind: Indices) -> Mask:
    found: Mask = (kind == PERSON) | (kind == BICYCLE)
    return found


def _cut(scene: Scene, box: Floats) -> Mask:
    edge = 2.0
    beside = (box[:, 0] <= edge) | (box[:, 2] >= scene.width - edge)
    found: Mask = beside | (box[:, 3] >= scene.height - edge)
    return found


def _pixels_a_metre(scene: Scene, image: Floats) -> Floats:
    """Pixels squared that a square metre of ground covers at image points (n, 2)."""
    slope = scene.homography.metres_a_pixel(image)
    found: Floats = 1 / np.maximum(np.abs(np.linalg.det(slope)), 1e-12)
    return found
