"""Where a picture was taken from, and how its camera was aimed: from its EXIF and XMP. Nothing is guessed.

- Place: EXIF GPS. Its error as the receiver says it (GPSHPositioningError, DJI's RtkStdLon and RtkStdLat),
  else `PLACE_SD_M`.
- Height above the ground: Camera:AboveGroundAltitude, else drone-dji:RelativeAltitude, which is above where
  it took off: the same where the land is flat.
- Aim: DJI's gimbal, Parrot's camera, or GPano's pose. Camera:Yaw and Camera:Pitch are left alone: some
  makers count their pitch from straight down, others from the horizon, and a wrong aim is worse than none.
- Field of view: EXIF FocalLengthIn35mmFilm, which compares diagonals (CIPA DCG-001): 43.27 mm.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image, UnidentifiedImageError

from fieldwatch_edge.errors import PictureError
from fieldwatch_shared.messages import Place

if TYPE_CHECKING:
    from pathlib import Path

PLACE_SD_M = 5.0
"""Of a receiver that does not say how well it knows: usual under open sky."""
DIAGONAL_MM = math.hypot(36, 24)
_AIMS = (
    ("drone-dji:GimbalYawDegree", "drone-dji:GimbalPitchDegree"),
    ("drone-parrot:CameraYawDegree", "drone-parrot:CameraPitchDegree"),
    ("GPano:PoseHeadingDegrees", "GPano:PosePitchDegrees"),
)
_HEIGHTS = ("Camera:AboveGroundAltitude", "drone-dji:RelativeAltitude")
_GPS = ExifTags.GPS


def place_of(path: Path) -> Place:
    """Where the picture was taken from.

    Raises:
        PictureError: it cannot be read, or does not say where that was.
    """
    try:
        with Image.open(path) as picture:  # reads the header only
            width, height = picture.size
            exif = picture.getexif()
            gps, more = exif.get_ifd(ExifTags.IFD.GPSInfo), exif.get_ifd(ExifTags.IFD.Exif)
            xmp = picture.info.get("xmp", b"")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PictureError(f"it cannot be read: {error}") from error
    turned = exif.get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    if turned:  # as `vision.decode` turns it
        width, height = height, width
    said = _xmp(xmp if isinstance(xmp, bytes) else str(xmp).encode())
    lat = _degrees(gps, _GPS.GPSLatitude, _GPS.GPSLatitudeRef, "S", 90)
    lon = _degrees(gps, _GPS.GPSLongitude, _GPS.GPSLongitudeRef, "W", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):  # 0, 0 is written where there was no fix
        raise PictureError("it has no GPS position in its EXIF")
    heading, tilt = _aim(said)
    focal = _number(more.get(ExifTags.Base.FocalLengthIn35mmFilm))
    view = None
    if focal and focal > 0:
        across = DIAGONAL_MM * width / math.hypot(width, height)
        view = round(math.degrees(2 * math.atan(across / (2 * focal))), 3)
    return Place(
        lon=lon,
        lat=lat,
        sd_m=_sd_m(gps, said),
        altitude_m=_altitude(gps),
        height_m=next((said[key] for key in _HEIGHTS if key in said), None),
        heading_deg=heading,
        tilt_deg=tilt,
        field_of_view_deg=view,
        aspect=round(width / height, 5),
    )


def _degrees(gps: dict[int, Any], key: int, ref: int, negative: str, most: float) -> float | None:
    """Degrees from degrees, minutes and seconds, negative where the reference says so."""
    parts = gps.get(key)
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    degrees, minutes, seconds = (_number(part) for part in parts)
    if degrees is None or minutes is None or seconds is None:
        return None
    where = str(gps.get(ref) or "").strip("\x00 ").upper()
    if not where:  # without it, a place in the south would be put into the north
        return None
    value = (degrees + minutes / 60 + seconds / 3600) * (-1 if where == negative else 1)
    return round(value, 8) if abs(value) <= most else None


def _altitude(gps: dict[int, Any]) -> float | None:
    altitude = _number(gps.get(_GPS.GPSAltitude))
    below = gps.get(_GPS.GPSAltitudeRef) in (1, b"\x01")
    if altitude is None or altitude > 20_000:
        return None
    return max(-altitude, -1000.0) if below else altitude


def _sd_m(gps: dict[int, Any], said: dict[str, float]) -> float:
    stated = _number(gps.get(_GPS.GPSHPositioningError))
    if stated is None and {"drone-dji:RtkStdLon", "drone-dji:RtkStdLat"} <= said.keys():
        stated = math.hypot(said["drone-dji:RtkStdLon"], said["drone-dji:RtkStdLat"])
    return stated if stated is not None and 0 < stated <= 100_000 else PLACE_SD_M


def _aim(said: dict[str, float]) -> tuple[float | None, float | None]:
    """(heading, tilt) in degrees. A gimbal that leans back past straight down looks the other way."""
    for yaw, pitch in _AIMS:
        if yaw not in said or pitch not in said:
            continue
        heading, tilt = said[yaw] % 360, said[pitch]
        if -90.5 <= tilt <= 90.5:  # a gimbal that hangs straight down writes -90.1
            return heading % 360, max(min(tilt, 90.0), -90.0)
    return None, None


def _xmp(packet: bytes) -> dict[str, float]:
    """Numbers by their prefixed names, written as attributes or as elements: drones do both."""
    text = packet.decode("utf-8", "replace")
    number = r"([+-]?\d+(?:\.\d+)?)"
    found = re.findall(rf'([A-Za-z-]+:\w+)\s*=\s*"{number}"', text)
    found += re.findall(rf"<([A-Za-z-]+:\w+)>\s*{number}\s*</", text)
    return {name: float(value) for name, value in found}


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]  # a rational, a number, or nothing of the kind
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None
