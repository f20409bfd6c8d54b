"""A drone's pictures, written by ourselves: EXIF GPS and XMP as DJI and Parrot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import ExifTags, Image, TiffImagePlugin

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

Rational = TiffImagePlugin.IFDRational


def sexagesimal(degrees: float) -> tuple[Rational, Rational, Rational]:
    left = abs(degrees)
    whole, minutes = int(left), int(left % 1 * 60)
    seconds = round((left - whole - minutes / 60) * 3600 * 100_000)
    return Rational(whole, 1), Rational(minutes, 1), Rational(seconds, 100_000)


def exif(
    lon: float | None,
    lat: float | None,
    at: datetime,
    *,
    altitude: float | None = 812.5,
    focal_35mm: int | None = 24,
    orientation: int = 1,
) -> Image.Exif:
    found = Image.Exif()
    found[ExifTags.Base.Orientation] = orientation
    more = found.get_ifd(ExifTags.IFD.Exif)
    more[ExifTags.Base.DateTimeOriginal] = f"{at:%Y:%m:%d %H:%M:%S}"
    if focal_35mm is not None:
        more[ExifTags.Base.FocalLengthIn35mmFilm] = focal_35mm
    gps = found.get_ifd(ExifTags.IFD.GPSInfo)
    if lat is not None and lon is not None:
        gps[ExifTags.GPS.GPSLatitudeRef] = "N" if lat >= 0 else "S"
        gps[ExifTags.GPS.GPSLatitude] = sexagesimal(lat)
        gps[ExifTags.GPS.GPSLongitudeRef] = "E" if lon >= 0 else "W"
        gps[ExifTags.GPS.GPSLongitude] = sexagesimal(lon)
    if altitude is not None:
        gps[ExifTags.GPS.GPSAltitudeRef] = b"\x01" if altitude < 0 else b"\x00"
        gps[ExifTags.GPS.GPSAltitude] = Rational(round(abs(altitude) * 100), 100)
    return found


def dji(height: float, yaw: float, pitch: float) -> bytes:
    """As a Mavic 3 writes it: attributes, with signs."""
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="DJI Meta Data" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"
   drone-dji:AbsoluteAltitude="+812.50" drone-dji:RelativeAltitude="{height:+.2f}"
   drone-dji:GimbalRollDegree="+0.00" drone-dji:GimbalYawDegree="{yaw:+.2f}"
   drone-dji:GimbalPitchDegree="{pitch:+.2f}" drone-dji:FlightYawDegree="+12.00">
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def take(
    path: Path, image: Image.Image, tags: Image.Exif, xmp: bytes | None = None, quality: int = 92
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "JPEG", exif=tags, quality=quality, **({} if xmp is None else {"xmp": xmp}))
