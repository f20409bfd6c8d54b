"""When a picture was taken: from its EXIF, its name, its place in the row, or the file system."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from PIL import ExifTags, Image, UnidentifiedImageError

from fieldwatch_edge.errors import ConfigError, PictureError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.settings import Times


_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def capture_time(path: Path, index: int, times: Times) -> datetime:
    """The UTC time at which the picture `path`, the `index`-th of its folder by name (from 0), was taken.

    Raises:
        PictureError: it carries no such time, or one at which no camera can have taken it.
        ConfigError: `times` cannot be applied to any picture.
    """
    try:
        return possible(_stated_time(path, index, times))
    except OverflowError as error:  # such as the year 1 in a zone east of Greenwich
        raise PictureError(f"its capture time ({times.kind}) lies outside the calendar: {_LIKELY}") from error


_LIKELY = "the camera's clock was not set (empty battery?), or [camera.source] times do not fit its pictures"


def possible(at: datetime) -> datetime:
    """`at`, where a digital camera can have taken a picture then: a wrong time would also put a wrong time
    into the ids of its records.

    Raises:
        PictureError: it lies before 1990 or after 2099, such as 1970, where clocks without a battery start.
    """
    if not _EARLIEST <= at < _LATEST:
        raise PictureError(f"its capture time is {at:%Y-%m-%d %H:%M:%S} UTC: {_LIKELY}")
    return at


def _stated_time(path: Path, index: int, times: Times) -> datetime:
    match times.kind:
        case "exif":
            return exif_time(path, _zone(times.timezone))
        case "name":
            return name_time(path.name, times)
        case "interval":
            if times.start is None or times.every_s is None:
                raise ConfigError('times of kind "interval" need `start` and `every_s`')
            return (times.start + timedelta(seconds=index * times.every_s)).astimezone(UTC)
        case "mtime":
            return mtime(path)


def exif_time(path: Path, zone: ZoneInfo) -> datetime:
    """EXIF's DateTimeOriginal with its SubSecTimeOriginal; in OffsetTimeOriginal's zone, else in `zone`.

    Raises:
        PictureError: the file has none, or none that is a time.
    """
    try:
        with Image.open(path) as picture:  # reads the header only
            exif = picture.getexif().get_ifd(ExifTags.IFD.Exif)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PictureError(f"its EXIF cannot be read: {error}") from error
    tags = ExifTags.Base
    text = _text(exif.get(tags.DateTimeOriginal))
    if not text:
        raise PictureError('it has no EXIF DateTimeOriginal; other sources of time: times.kind = "name", ...')
    try:
        at = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - its zone follows
    except ValueError as error:
        raise PictureError(f"its EXIF DateTimeOriginal is {text!r}, no time") from error
    fraction = _text(exif.get(tags.SubsecTimeOriginal))
    if fraction.isdecimal():
        at += timedelta(seconds=float(f"0.{fraction}"))
    offset = re.fullmatch(r"([+-])(\d\d):(\d\d)", _text(exif.get(tags.OffsetTimeOriginal)))
    if offset is None:
        return at.replace(tzinfo=zone).astimezone(UTC)
    sign, hours, minutes = offset.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes)) * (1 if sign == "+" else -1)
    return at.replace(tzinfo=UTC) - east


def name_time(name: str, times: Times) -> datetime:
    """The time in a file name: `times.pattern` is a strptime pattern of the whole name (with or without
    its ending), or a regular expression whose group `t` is read by `times.format`.

    Raises:
        PictureError: the name does not match.
        ConfigError: the pattern is a regular expression without a format, or is none.
    """
    pattern = times.pattern or ""
    if "(?P<t>" in pattern:
        if times.format is None:
            raise ConfigError("times.pattern has a group `t`: times.format must say how to read it")
        try:
            found = re.search(pattern, name)
        except re.error as error:
            raise ConfigError(f"times.pattern {pattern!r} is no regular expression: {error}") from error
        if found is None:
            raise PictureError(f"its name does not match {pattern!r}")
        candidates, layout = [found["t"]], times.format
    else:
        candidates, layout = [name, os.path.splitext(name)[0]], pattern  # noqa: PTH122 - not a path
    for text in candidates:
        try:
            at = datetime.strptime(text, layout)  # noqa: DTZ007 - its zone follows
        except ValueError:
            continue
        if at.tzinfo is None:
            at = at.replace(tzinfo=_zone(times.timezone))
        return at.astimezone(UTC)
    raise PictureError(f"{candidates[0]!r} is no time written as {layout!r}")


def mtime(path: Path) -> datetime:
    """Raises PictureError where the file is gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror}") from error
    except ValueError as error:  # a year that datetime does not know
        raise PictureError("its time in the file system lies outside the calendar") from error


@lru_cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"times.timezone {name!r} is no IANA time zone, such as Asia/Shanghai") from error


def _text(value: object) -> str:
    """An EXIF string without the padding that cameras leave in it."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return str(value or "").strip("\x00 ")
