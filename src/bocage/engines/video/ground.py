"""Between a picture and the ground: a homography from surveyed points."""

from dataclasses import dataclass

import numpy as np

from bocage.engines.video.types import Floats, VideoError

POINTS_LIMIT = 64
FLAT = 1e-4  # below this share of the largest singular value, points do not span the plane


@dataclass(frozen=True)
class Homography:
    """`matrix` (3, 3) takes pixels to metres; `residual_metres` is the root mean square at its points."""

    matrix: Floats
    inverse: Floats
    residual_metres: float

    def to_ground(self, image: Floats) -> Floats:
        """Pixels (n, 2) to metres (n, 2); NaN for what lies at or above the horizon."""
        return _apply(self.matrix, image)

    def to_image(self, ground: Floats) -> Floats:
        """Metres (n, 2) to pixels (n, 2); NaN for what lies behind the camera."""
        return _apply(self.inverse, ground)

    def metres_a_pixel(self, image: Floats) -> Floats:
        """How far the ground point moves when the pixel moves: (n, 2, 2), rows x and y, columns u and v."""
        m = self.matrix
        w = image @ m[2, :2] + m[2, 2]
        x, y = ((image @ m[row, :2] + m[row, 2]) / w for row in (0, 1))
        columns = [[(m[row, at] - (x, y)[row] * m[2, at]) / w for at in (0, 1)] for row in (0, 1)]
        return np.moveaxis(np.array(columns), -1, 0)


def fit(image: Floats, ground: Floats) -> Homography:
    """The homography of at least four points (normalised direct linear transform: Hartley and Zisserman 2003, 4.4).

    Raises:
        VideoError: fewer than 4 or more than 64 points, a number that is none, or points that lie on one line.
    """
    image, ground = np.asarray(image, dtype=float), np.asarray(ground, dtype=float)
    if image.shape != ground.shape or image.ndim != 2 or image.shape[1] != 2:
        raise VideoError("calibration: as many points [x, y] in the image as on the ground are needed")
    if not 4 <= len(image) <= POINTS_LIMIT:
        raise VideoError(f"calibration: {len(image)} points; 4 to {POINTS_LIMIT} are needed")
    if not (np.isfinite(image).all() and np.isfinite(ground).all()):
        raise VideoError("calibration: a coordinate is not a number")
    from_image, from_ground = _normalising(image, "image"), _normalising(ground, "ground")
    p, q = _apply(from_image, image), _apply(from_ground, ground)
    one, zero = np.ones((len(p), 1)), np.zeros((len(p), 3))
    homogeneous = np.hstack([p, one])
    rows = np.vstack(
        [
            np.hstack([homogeneous, zero, -q[:, :1] * homogeneous]),
            np.hstack([zero, homogeneous, -q[:, 1:] * homogeneous]),
        ]
    )
    _, sizes, turned = np.linalg.svd(rows)
    if sizes[7] < FLAT * sizes[0]:
        raise VideoError("calibration: too many of the points lie on one line")
    matrix = np.linalg.inv(from_ground) @ turned[-1].reshape(3, 3) @ from_image
    if abs(np.linalg.det(turned[-1].reshape(3, 3))) < FLAT**2:
        raise VideoError("calibration: too many of the points lie on one line")
    # Its sign is free: make the side of the horizon where the points are the positive one.
    depth = image @ matrix[2, :2] + matrix[2, 2]
    if not ((depth > 0).all() or (depth < 0).all()):
        raise VideoError("calibration: the points lie on both sides of a horizon; two of them may be exchanged")
    matrix = matrix / np.median(depth)
    inverse = np.linalg.inv(matrix)
    inverse = inverse / np.median(ground @ inverse[2, :2] + inverse[2, 2])
    off = _apply(matrix, image) - ground
    return Homography(matrix, inverse, float(np.sqrt((off**2).sum(axis=1).mean())))


def _normalising(points: Floats, name: str) -> Floats:
    """Moves points to the origin and scales them to a mean distance of the root of two."""
    middle = points.mean(axis=0)
    spread = np.linalg.svd(points - middle, compute_uv=False)
    if spread[0] == 0 or spread[1] < FLAT * spread[0]:
        raise VideoError(f"calibration: the points lie on one line ({name})")
    scale = np.sqrt(2) / np.hypot(*(points - middle).T).mean()
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])


def _apply(matrix: Floats, points: Floats) -> Floats:
    points = np.asarray(points, dtype=float)
    w = points @ matrix[2, :2] + matrix[2, 2]
    w = np.where(w > 1e-9, w, np.nan)
    moved: Floats = (points @ matrix[:2, :2].T + matrix[:2, 2]) / w[:, None]
    return moved


def inside(polygon: Floats, points: Floats) -> Floats:
    """Signed distance (n) of points (n, 2) to a polygon's (k, 2) edge in its own unit: positive inside."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    edge, to = b - a, points[:, None, :] - a
    share = np.clip((to * edge).sum(axis=2) / np.maximum((edge**2).sum(axis=1), 1e-12), 0, 1)
    distance = np.sqrt(((to - share[..., None] * edge) ** 2).sum(axis=2)).min(axis=1)
    x, y = points[:, :1], points[:, 1:]
    spans = (a[:, 1] > y) != (b[:, 1] > y)
    rise = np.where(edge[:, 1] == 0, 1.0, edge[:, 1])
    crosses = spans & (x < a[:, 0] + (y - a[:, 1]) / rise * edge[:, 0])
    signed: Floats = np.where(crosses.sum(axis=1) % 2 == 1, distance, -distance)
    return signed
