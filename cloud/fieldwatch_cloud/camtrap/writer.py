"""Write a Camtrap DP, or any zip of tables: the same records give the same bytes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from fieldwatch_cloud.camtrap.tables import EFFORT, EFFORT_SCHEMA, PROFILE, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType


def cell(value: Any) -> str:
    """As the standard writes it: times in UTC, nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case float():
            # As short as it can be read back; never 1e-05, which not everybody reads.
            return f"{value:.15f}".rstrip("0").rstrip(".") if abs(value) < 1e-4 else f"{value:.10g}"
        case _:
            return str(value)


class Packer:
    """A zip whose entries carry no time: the same content is the same file."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closed in any case: its file may be gone when it is collected. Who writes throws away what failed.
        self._zip.close()

    def add(self, name: str, content: bytes | str, *, packed: bool = False) -> None:
        """
        Args:
            packed: it is compressed already, as pictures are.
        """
        self._zip.writestr(_named(name, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED), content)

    def json(self, name: str, document: Any) -> None:
        self.add(name, json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    @contextmanager
    def text(self, name: str) -> Iterator[io.TextIOWrapper]:
        with (
            self._zip.open(_named(name, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as binary,
            io.TextIOWrapper(binary, encoding="utf-8", newline="") as text,
        ):
            yield text

    def table(
        self, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ","
    ) -> int:
        """A table with its header; cells as they are to stand there.

        Returns:
            how many rows.
        """
        number = 0
        with self.text(name) as text:
            out = csv.writer(text, lineterminator="\n", delimiter=delimiter)
            out.writerow(columns)
            for row in rows:
                out.writerow(row)
                number += 1
        return number


def line(columns: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    """The cells of a row, by the names of its columns."""
    return [cell(values.get(column)) for column in columns]


def resources(*, effort: bool) -> list[dict[str, Any]]:
    """What `datapackage.json` says of the tables."""
    common = {
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
    }
    found: list[dict[str, Any]] = [
        {"name": table.name, "path": f"{table.name}.csv", **common, "schema": table.schema}
        for table in TABLES.values()
    ]
    if effort:
        found.append(
            {
                "name": EFFORT.name,
                "path": f"{EFFORT.name}.csv",
                "description": "When each camera really looked, from its own reports. Beyond the standard.",
                **common,
                "schema": EFFORT_SCHEMA,
            }
        )
    return found


def descriptor(body: Mapping[str, Any], *, effort: bool) -> dict[str, Any]:
    """`datapackage.json` around what is said of this data set."""
    return {"resources": resources(effort=effort), "profile": PROFILE, **body}


def _named(name: str, how: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = how
    info.external_attr = 0o644 << 16
    return info
