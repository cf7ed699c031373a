"""Where on the ground a box's road user stands: its footprint, fitted so that it spans the box's foot.

A homography knows nothing of heights, so only the lower edge and the middle of a box are used.
"""

import numpy as np

from bocage.engines.video.ground import Homography
from bocage.engines.video.types import Floats, Mask

ROUNDS = 6


def corners(position: Floats, heading: Floats, length: Floats, width: Floats) -> Floats:
    """The four corners (n, 4, 2) of footprints (n) in metres, in order around each."""
    along = 0.5 * length[:, None] * heading
    aside = 0.5 * width[:, None] * np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    found: Floats = position[:, None, :] + np.stack([along + aside, along - aside, -along - aside, aside - along], 1)
    return found


def foot(ground: Homography, position: Floats, heading: Floats, length: Floats, width: Floats) -> Floats:
    """The middle and the lower edge (n, 2) in pixels of what footprints span in the image."""
    each = corners(position, heading, length, width).reshape(-1, 2)
    seen = ground.to_image(each).reshape(-1, 4, 2)
    across = 0.5 * (seen[:, :, 0].min(axis=1) + seen[:, :, 0].max(axis=1))
    return np.stack([across, seen[:, :, 1].max(axis=1)], axis=1)


def fitted(ground: Homography, box: Floats, heading: Floats, length: Floats, width: Floats) -> Floats:
    """Middles (n, 2) in metres of the footprints under boxes (n, 4); NaN above the horizon. Newton's method."""
    wanted = np.stack([0.5 * (box[:, 0] + box[:, 2]), box[:, 3]], axis=1)
    position = ground.to_ground(wanted)
    slope = ground.metres_a_pixel(wanted)
    for _ in range(ROUNDS):
        off = wanted - foot(ground, position, heading, length, width)
        position = position + np.einsum("nij,nj->ni", slope, off)
    return position


def receding(ground: Homography, position: Floats, heading: Floats) -> Mask:
    """Whether (n) each drives away from the camera, up the image: then the box's foot is its rear."""
    here, ahead = ground.to_image(position), ground.to_image(position + heading)
    away: Mask = ahead[:, 1] < here[:, 1]
    return away
