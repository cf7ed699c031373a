"""The camera: a pinhole seven metres up, and what it sees, drawn with OpenCV: light, shadow, night, rain, noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from bocage.engines.video.types import Floats, Frame

WIDTH, HEIGHT, FOCAL, ABOVE_METRES, TILT = 640, 360, 480.0, 7.0, 0.30
WEATHERS = ("sun", "overcast", "night", "rain")
SURVEYED = ((-10.0, 12.0), (10.0, 12.0), (14.0, 60.0), (-14.0, 60.0), (0.0, 30.0), (7.0, 30.0))
NEAR_METRES = 0.5


@dataclass(frozen=True)
class Body:
    """A road user to draw: middle (2), direction (2), length, width and height in metres, colour (blue, green, red)."""

    number: int
    middle: Floats
    direction: Floats
    size: tuple[float, float, float]
    colour: tuple[int, int, int]
    is_person: bool


def project(points: Floats) -> Floats:
    """Points (n, 3) in metres to pixels (n, 2); what lies behind the camera is held just before it."""
    x, y, z = np.asarray(points, dtype=float).T
    depth = np.maximum(y * np.cos(TILT) + (ABOVE_METRES - z) * np.sin(TILT), NEAR_METRES)
    down = -y * np.sin(TILT) + (ABOVE_METRES - z) * np.cos(TILT)
    return np.stack([WIDTH / 2 + FOCAL * x / depth, HEIGHT / 2 + FOCAL * down / depth], axis=1)


def calibration() -> dict[str, list[list[float]]]:
    """Surveyed points as a scene file has them."""
    ground = np.array(SURVEYED)
    image = project(np.hstack([ground, np.zeros((len(ground), 1))]))
    return {"image": image.tolist(), "ground": ground.tolist()}


class Camera:
    """Draws one frame after the other."""

    def __init__(self, seed: int) -> None:
        """The street without anybody; the seed chooses weather, sun and grain."""
        self._draw = np.random.default_rng(seed + 1_000_000)
        self.weather = WEATHERS[seed % len(WEATHERS)]
        self._sun = self._draw.uniform(0.3, 1.0, 2) * self._draw.choice([-1, 1], 2)
        self._empty = self._street()
        self._pole = int(self._draw.uniform(120, 520))
        self._grain = [self._draw.normal(0, 5 if self.weather == "night" else 3, self._empty.shape) for _ in range(4)]

    def _street(self) -> Frame:
        image = np.full((HEIGHT, WIDTH, 3), (180, 165, 150), dtype=np.uint8)
        grass = [[-60, 2], [60, 2], [60, 120], [-60, 120]]
        self._flat(image, grass, (70, 110, 85))
        for polygon in ([[-7, 1], [7, 1], [7, 120], [-7, 120]], [[-60, 33], [60, 33], [60, 40], [-60, 40]]):
            self._flat(image, polygon, (95, 92, 90))
        self._flat(image, [[7.6, 1.0], [10.5, 1.0], [10.5, 33.0], [7.6, 33.0]], (140, 140, 142))
        self._flat(image, [[7.6, 40.0], [10.5, 40.0], [10.5, 120.0], [7.6, 120.0]], (140, 140, 142))
        for x in (-3.5, 0.0, 3.5):
            for y in map(float, range(4, 90, 6)):
                if not 30 < y < 42:
                    left, right = x - 0.07, x + 0.07
                    stripe = np.array([(left, y), (right, y), (right, y + 3), (left, y + 3)])
                    self._flat(image, stripe, (215, 215, 215))
        self._flat(image, [[0.0, 30.0], [7.0, 30.0], [7.0, 30.5], [0.0, 30.5]], (225, 225, 225))
        blotches = cv2.resize(self._draw.normal(0, 9, (45, 80)).astype(np.float32), (WIDTH, HEIGHT))
        return np.asarray(np.clip(image + blotches[:, :, None], 0, 255), dtype=np.uint8)

    @staticmethod
    def _flat(image: Frame, polygon: ArrayLike, colour: tuple[int, int, int]) -> None:
        ground = np.array(polygon, dtype=float)
        pixels = project(np.hstack([ground, np.zeros((len(ground), 1))]))
        cv2.fillConvexPoly(image, np.round(pixels * 16).astype(np.int32), colour, cv2.LINE_AA, 4)

    def draw(self, bodies: list[Body], red: bool) -> tuple[Frame, Frame]:
        """The frame, and for each pixel the number (at most 255, each frame's own order) of whose it is."""
        image, whose = self._empty.copy(), np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
        order = sorted(range(len(bodies)), key=lambda at: -bodies[at].middle[1])
        if self.weather in ("sun", "overcast"):
            self._shadows(image, bodies)
        for at in order:
            self._body(image, whose, bodies[at], at + 1)
        colour = (40, 40, 220) if red else (60, 200, 60)
        cv2.circle(image, (500, 60), 6, colour, -1, cv2.LINE_AA)
        if self.weather == "night":
            image = (image * 0.3).astype(np.uint8)
            self._headlights(image, bodies)
        cv2.rectangle(image, (self._pole, 0), (self._pole + 7, HEIGHT), (45, 50, 50), -1)
        whose[:, self._pole : self._pole + 8] = 0
        if self.weather == "rain":
            self._rain(image)
        gain = 1 + self._draw.normal(0, 0.01)
        grain = np.roll(self._grain[self._draw.integers(4)], tuple(self._draw.integers(0, 300, 2)), axis=(0, 1))
        return np.clip(image * gain + grain, 0, 255).astype(np.uint8), whose

    def _shadows(self, image: Frame, bodies: list[Body]) -> None:
        dark = np.zeros(image.shape[:2], dtype=np.uint8)
        for body in bodies:
            base = _corners(body, 0.0, 1.0)[:4, :2]
            cast = np.concatenate([base, base + self._sun * body.size[2]])
            pixels = project(np.hstack([cast, np.zeros((8, 1))]))
            cv2.fillConvexPoly(dark, cv2.convexHull(np.round(pixels).astype(np.int32)), 255)
        depth = 0.5 if self.weather == "sun" else 0.8
        image[dark > 0] = (image[dark > 0] * depth).astype(np.uint8)

    def _body(self, image: Frame, whose: Frame, body: Body, number: int) -> None:
        if body.is_person:
            self._solid(image, whose, body, (0.0, 1.0), 1.0, body.colour, number)
            head = project(np.array([[*body.middle, body.size[2]]]))[0]
            cv2.circle(image, (round(head[0]), round(head[1])), 2, (150, 170, 200), -1, cv2.LINE_AA)
            return
        tall = body.size[2] > 2
        self._solid(image, whose, body, (0.0, 1.0 if tall else 0.55), 1.0, body.colour, number)
        glass = tuple(int(0.35 * each + 30) for each in body.colour)
        if not tall:
            self._solid(image, whose, body, (0.55, 1.0), 0.6, glass, number)  # type: ignore[arg-type]

    @staticmethod
    def _solid(
        image: Frame,
        whose: Frame,
        body: Body,
        heights: tuple[float, float],
        share: float,
        colour: tuple[int, int, int],
        number: int,
    ) -> None:
        """A box from one share of the height to another, its five visible faces from the far one to the near one."""
        low, high = _corners(body, heights[0], share), _corners(body, heights[1], share)
        faces = [np.array([low[at], low[(at + 1) % 4], high[(at + 1) % 4], high[at]]) for at in range(4)]
        faces.sort(key=lambda face: -np.hypot(*face[:, :2].mean(axis=0)))
        for at, face in enumerate([*faces, high]):
            shade = (0.6, 0.65, 0.75, 0.85, 1.0)[at]
            pixels = np.round(project(face)).astype(np.int32)
            cv2.fillConvexPoly(image, pixels, tuple(shade * each for each in colour), cv2.LINE_AA)
            cv2.fillConvexPoly(whose, pixels, number)

    @staticmethod
    def _headlights(image: Frame, bodies: list[Body]) -> None:
        for body in bodies:
            if body.is_person:
                continue
            aside = np.array([-body.direction[1], body.direction[0]])
            for side in (-0.35, 0.35):
                for end, colour in ((0.5, (230, 255, 255)), (-0.5, (40, 40, 190))):
                    at = body.middle + end * body.size[0] * body.direction + side * body.size[1] * aside
                    if body.direction[1] * end > 0:
                        continue  # faces away from the camera
                    pixel = project(np.array([[*at, 0.7]]))[0]
                    radius = max(1, round(1.2 * FOCAL / max(at[1], 5) * 0.15))
                    cv2.circle(image, (round(pixel[0]), round(pixel[1])), radius, colour, -1, cv2.LINE_AA)

    def _rain(self, image: Frame) -> None:
        starts = self._draw.integers(0, (WIDTH, HEIGHT), (60, 2))
        for x, y in starts.tolist():
            cv2.line(image, (x, y), (x + 2, y + 11), (190, 190, 190), 1, cv2.LINE_AA)


def _corners(body: Body, height: float, share: float) -> Floats:
    """The four corners (4, 3) of a body at a share of its height, narrowed along its length."""
    along = 0.5 * body.size[0] * share * body.direction
    aside = 0.5 * body.size[1] * np.array([-body.direction[1], body.direction[0]])
    flat = np.array([body.middle + along + aside, body.middle + along - aside])
    flat = np.concatenate([flat, [body.middle - along - aside, body.middle - along + aside]])
    return np.hstack([flat, np.full((4, 1), height * body.size[2])])


def full_box(body: Body) -> tuple[float, float, float, float]:
    """What a body spans in the image: left, top, right, bottom in pixels, cut at the image's edges."""
    pixels = project(np.concatenate([_corners(body, 0.0, 1.0), _corners(body, 1.0, 1.0)]))
    low = np.clip(pixels.min(axis=0), 0, (WIDTH, HEIGHT))
    high = np.clip(pixels.max(axis=0), 0, (WIDTH, HEIGHT))
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
