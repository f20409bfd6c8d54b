"""How a camera that turns was aimed, where it writes that into its pictures' names."""

from __future__ import annotations

import re

from pydantic import ValidationError

from fieldwatch_edge.errors import PictureError
from fieldwatch_shared.messages import Pose


def name_pose(name: str, pattern: str) -> Pose:
    """The pose in a file name: groups `heading`, `tilt` and `fov` of `pattern`, in degrees.

    A heading of 360 is 0, and one below 0 counts backwards: cameras write both.

    Raises:
        PictureError: the name does not match, or says what cannot be.
    """
    found = re.search(pattern, name)
    if found is None:
        raise PictureError(f"its name does not say how the camera was aimed ({pattern!r})")
    try:
        return Pose(
            heading_deg=float(found["heading"]) % 360,
            tilt_deg=float(found["tilt"]),
            field_of_view_deg=float(found["fov"]),
        )
    except (
        ValueError,
        TypeError,
        ValidationError,
    ) as error:  # TypeError: an optional group that is not there
        raise PictureError(f"its name says no aim that a camera can have: {found[0]!r}") from error
