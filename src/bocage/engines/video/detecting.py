"""Detectors behind one interface: what moves before a learnt background (MOG2), and NanoDet's COCO classes (ONNX).

Both need the extra `video`, run on one thread, and keep no picture but the background (MOG2's model).
"""

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from bocage.engines.video.scene import Scene
from bocage.engines.video.tracking import iou
from bocage.engines.video.types import (
    BUS,
    CAR,
    DETECTIONS_LIMIT,
    LENGTH,
    OBJECTS,
    PERSON,
    Detections,
    Floats,
    Frame,
    Indices,
    VideoError,
)

# MOG2 (Zivkovic 2004). What stands is kept out of the background by learning from frames without it.
LEARN_EVERY, LEARN_RATE, FIRST_FRAMES = 5, 0.02, 20
LIGHT_CHANGED_SHARE = 0.4
LEAST_PIXELS, LEAST_SQUARE_METRES = 60, 0.25
PERSON_METRES, BUS_METRES = 1.25, 2.1
FARTHEST_METRES_A_PIXEL = 2.0  # beyond, nothing is said of what is seen
CAR_HIGH_METRES, BUS_HIGH_METRES = 1.5, 3.0

NANODET_SIDE, NANODET_STRIDES, NANODET_BINS = 416, (8, 16, 32), 11
NANODET_MEAN = np.array([103.53, 116.28, 123.675], dtype=np.float32)
NANODET_SCALE = np.array([57.375, 57.12, 58.395], dtype=np.float32)
COCO = {0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
SCORE, SAME_IOU = 0.35, 0.6


class Detector(Protocol):
    """What a frame (height, width, 3: blue, green, red) shows."""

    def detect(self, frame: Frame) -> Detections:
        """Boxes of one frame; frames come in order."""
        ...


class Background:
    """Whatever differs from the learnt street, sized on the ground: somebody on foot, a car, or a bus.

    It needs some seconds of the street before it says anything, works from any view, and takes vehicles that touch in
    the image for one.
    """

    def __init__(self, scene: Scene) -> None:
        """Nothing is learnt yet."""
        self._scene = scene
        self._model = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=16, detectShadows=True)
        self._frames = 0
        cv2.setNumThreads(1)

    def detect(self, frame: Frame) -> Detections:
        """Boxes of what moves or has come to stand."""
        _check(frame, self._scene)
        frame = cv2.blur(frame, (3, 3))  # a sensor's grain at night is as large as what a dark car differs by
        self._frames += 1
        if self._frames <= FIRST_FRAMES:
            self._model.apply(frame, learningRate=1.0 / self._frames)
            return _none()
        mask = self._model.apply(frame, learningRate=0)
        solid = cv2.threshold(mask, 200, 255, cv2.THRESH_BINARY)[1]
        solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((9, 5), np.uint8))
        if self._frames % LEARN_EVERY == 0:
            self._learn(frame, solid)
        _, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
        blobs = stats[1:].astype(float)
        blobs = blobs[blobs[:, 4] >= LEAST_PIXELS]
        box = np.hstack([blobs[:, :2], blobs[:, :2] + blobs[:, 2:4]])
        return self._kinds(box)

    def _learn(self, frame: Frame, solid: Frame) -> None:
        """From the street alone; from everything where the light changed."""
        if np.count_nonzero(solid) > LIGHT_CHANGED_SHARE * solid.size:
            self._model.apply(frame, learningRate=0.2)
            return
        street = self._model.getBackgroundImage()
        covered = cv2.dilate(solid, np.ones((9, 9), np.uint8))
        cv2.copyTo(frame, cv2.bitwise_not(covered), street)
        self._model.apply(street, learningRate=LEARN_RATE)

    def _kinds(self, box: Floats) -> Detections:
        ground = self._scene.homography
        foot = np.stack([0.5 * (box[:, 0] + box[:, 2]), box[:, 3]], axis=1)
        slope = ground.metres_a_pixel(foot)
        # Pixels across are metres across at the foot, whatever the height.
        across, along = np.hypot(*slope[:, :, 0].T), np.hypot(*slope[:, :, 1].T)
        fine = np.isfinite(ground.to_ground(foot)).all(axis=1) & (along < FARTHEST_METRES_A_PIXEL)
        wide, high = (box[:, 2] - box[:, 0]) * across, (box[:, 3] - box[:, 1]) * across
        fine &= wide * high >= LEAST_SQUARE_METRES
        # How much of a length along the view is seen: a car spans its height and that share of its length.
        share = np.clip(across / along, 0, 1)
        upright = np.sqrt(1 - share**2)
        car = CAR_HIGH_METRES * upright + LENGTH[CAR] * share
        bus = BUS_HIGH_METRES * upright + LENGTH[BUS] * share
        is_bus = ((wide > BUS_METRES) & (high > np.sqrt(car * bus))) | (wide > 0.7 * LENGTH[BUS])
        kind = np.where(is_bus, BUS, CAR)
        kind = np.where((wide < PERSON_METRES) & (high > wide), PERSON, kind)
        box, kind = box[fine][:DETECTIONS_LIMIT], kind[fine][:DETECTIONS_LIMIT]
        return Detections(box, kind, np.full(len(box), 0.5))


class NanoDet:
    """NanoDet-g, trained on COCO: people, bicycles, motorcycles, cars, buses, trucks; not from straight above."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        """Loads the ONNX file that `./bocage video fetch-model` writes.

        Raises:
            VideoError: the file is missing, or no such model.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        try:
            self._session = onnxruntime.InferenceSession(
                model.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except OSError as error:
            raise VideoError(f"{model}: {error.strerror}; ./bocage video fetch-model writes it") from error
        except Exception as error:  # onnxruntime's own exceptions share no base
            raise VideoError(f"{model}: not a model: {error}") from error
        shapes = {each.name: each.shape for each in self._session.get_outputs()}
        cells = [(NANODET_SIDE // stride) ** 2 for stride in NANODET_STRIDES]
        by_shape = {tuple(shape): name for name, shape in shapes.items()}
        try:
            self._scores = [by_shape[1, count, 80] for count in cells]
            self._sides = [by_shape[1, count, 4 * NANODET_BINS] for count in cells]
        except KeyError as error:
            raise VideoError(f"{model}: is no NanoDet of {NANODET_SIDE} pixels") from error
        self._input = self._session.get_inputs()[0].name

    def detect(self, frame: Frame) -> Detections:
        """Boxes of one frame of any size: letterboxed to 416 pixels, decoded, overlapping ones suppressed."""
        _check(frame)
        high, wide = frame.shape[:2]
        scale = NANODET_SIDE / max(high, wide)
        small = cv2.resize(frame, (round(wide * scale), round(high * scale)), interpolation=cv2.INTER_AREA)
        picture = np.zeros((NANODET_SIDE, NANODET_SIDE, 3), dtype=np.float32)
        picture[: small.shape[0], : small.shape[1]] = (small - NANODET_MEAN) / NANODET_SCALE
        values = self._session.run([*self._scores, *self._sides], {self._input: picture.transpose(2, 0, 1)[None]})
        count = len(NANODET_STRIDES)
        score = np.concatenate([each[0] for each in values[:count]])[:, list(COCO)]
        box = np.concatenate(
            [_decoded(each[0], stride) for each, stride in zip(values[count:], NANODET_STRIDES, strict=True)]
        )
        best = score.max(axis=1)
        sure = np.flatnonzero(best >= SCORE)
        sure = sure[np.argsort(-best[sure])][: 2 * DETECTIONS_LIMIT]
        box = np.clip(box[sure] / scale, 0, [wide, high, wide, high])
        kind = np.array([OBJECTS.index(name) for name in COCO.values()])[score[sure].argmax(axis=1)]
        kept = _unlike(box, kind)
        return Detections(box[kept], kind[kept], best[sure][kept].astype(float))


def _decoded(raw: Floats, stride: int) -> Floats:
    """Boxes (n, 4) of a grid's distributions over distances (n, 44): generalised focal loss (Li and others 2020)."""
    side = NANODET_SIDE // stride
    bins = raw.reshape(-1, 4, NANODET_BINS).astype(float)
    share = np.exp(bins - bins.max(axis=2, keepdims=True))
    distance = stride * (share / share.sum(axis=2, keepdims=True)) @ np.arange(NANODET_BINS)
    y, x = ((np.indices((side, side)).reshape(2, -1)) + 0.5) * stride
    return np.stack([x - distance[:, 0], y - distance[:, 1], x + distance[:, 2], y + distance[:, 3]], axis=1)


def _unlike(box: Floats, kind: Indices) -> Indices:
    """Rows of boxes, best first, without those that overlap a better one, whatever its kind; at most 500."""
    good = (box[:, 2] - box[:, 0] > 1) & (box[:, 3] - box[:, 1] > 1)
    same = iou(box, box) > SAME_IOU
    kept: list[int] = []
    for at in np.flatnonzero(good).tolist():
        if not same[at, kept].any():
            kept.append(at)
    return np.array(kept[:DETECTIONS_LIMIT], dtype=np.int64)


def _none() -> Detections:
    return Detections(np.zeros((0, 4)), np.zeros(0, dtype=np.int64), np.zeros(0))


def _check(frame: Frame, scene: Scene | None = None) -> None:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise VideoError(f"frame: {frame.shape} of {frame.dtype}; (height, width, 3) of uint8 is needed")
    if scene is not None and frame.shape[:2] != (scene.height, scene.width):
        raise VideoError(
            f"frame: {frame.shape[1]} by {frame.shape[0]} where the scene is {scene.width} by {scene.height}"
        )
