"""One reserve: who looked, what was seen, and what may be said of it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import UUID

import geopandas as gpd
import pandas as pd

from fieldwatch.client.errors import ClientError
from fieldwatch.client.http import Http
from fieldwatch.client.results import Estimate, Result, said

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from types import TracebackType

Format = Literal["camtrap-dp", "darwin-core", "csv", "geojson", "gpkg", "parquet", "earthranger", "coco"]
By = Literal["day", "month", "season", "year"]
When = str | date | datetime
"""A day (in UTC) or an instant with its offset: `2026-05-01`, `2026-05-01T06:00:00+08:00`."""
_PAGE = 5_000


def reserves(url: str | None = None, token: str | None = None) -> pd.DataFrame:
    """The reserves of which the account is a member: `slug`, `name`, `name_zh`, `timezone`."""
    http = Http(url, token, language=None, timeout_s=60)
    try:
        found = http.get("/api/v1/reserves")
    finally:
        http.close()
    return pd.DataFrame(found, columns=["slug", "name", "name_zh", "timezone"])


class Reserve:
    """A reserve of a Fieldwatch service.

    Args:
        slug: its short name, as in addresses.
        url: of the service; None: FIELDWATCH_URL.
        token: an API token; None: FIELDWATCH_TOKEN.
        language: of verdicts: `en` or `zh`; None: the account's.

    Raises:
        ClientError: neither is given.
    """

    def __init__(
        self,
        slug: str,
        *,
        url: str | None = None,
        token: str | None = None,
        language: Literal["en", "zh"] | None = None,
        timeout_s: float = 300,
    ) -> None:
        self.slug = slug
        self._http = Http(url, token, language=language, timeout_s=timeout_s)
        self._api = f"/api/v1/reserves/{slug}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Reserve({self.slug!r}, url={self._http.url!r})"

    def close(self) -> None:
        self._http.close()

    # Records -----------------------------------------------------------------------------------------

    def deployments(self) -> gpd.GeoDataFrame:
        """Cameras, each at one place for one time span."""
        return self._features("deployments")

    def observations(
        self, since: When | None = None, until: When | None = None, **asked: Any
    ) -> gpd.GeoDataFrame:
        """What was seen, by corrected clocks, people's labels in place of the model's records.

        Args:
            since, until: start (included) and end (excluded); None: open.
            asked: `taxon`; `bbox` (west, south, east, north); `filter`, a CQL2 text over the columns.
        """
        return self._features("observations", since, until, **asked)

    def events(self, since: When | None = None, until: When | None = None, **asked: Any) -> gpd.GeoDataFrame:
        """Independent events (30 min), with `max_n`, the largest number at once; see `observations`."""
        return self._features("events", since, until, **asked)

    def zones(self) -> gpd.GeoDataFrame:
        return self._features("zones")

    def effort(self, since: When, until: When) -> pd.DataFrame:
        """Hours in which each deployment really looked, per local day: `deployment_id, deployment, day,
        hours, day_hours, night_hours`. A day that is not here was not observed."""
        answer = self._http.get(f"{self._api}/effort", {"from": _instant(since), "to": _instant(until)})
        rows = [
            {"deployment_id": one["deployment_id"], "deployment": one["location_name"], **day}
            for one in answer["deployments"]
            for day in one["days"]
        ]
        columns = ["deployment_id", "deployment", "day", "hours", "day_hours", "night_hours"]
        frame = pd.DataFrame(rows, columns=columns)
        return frame.assign(day=pd.to_datetime(frame["day"]))

    # Numbers -----------------------------------------------------------------------------------------

    def counts(self, since: When, until: When, **asked: Any) -> Result:
        """Events, individuals and the rate per 100 camera-days, by species.

        Args:
            asked: `area` (GeoJSON geometry, shapely, or a GeoDataFrame), `zone`, `taxa`, `min_confidence`,
                `event_interval_min`, `rule`.
        """
        answer = self._http.post(f"{self._api}/counts", _question(since, until, asked))
        return Result(_species(answer["species"]), answer["status"], said(answer), answer)

    def series(self, since: When, until: When, by: By = "month", **asked: Any) -> Result:
        """Counts by period: a row a period and species; where nobody looked, one row with `status`
        `not_observed` and no figures."""
        answer = self._http.post(f"{self._api}/counts/series", _question(since, until, asked) | {"by": by})
        rows: list[pd.DataFrame] = []
        for period in answer["periods"]:
            species = _species(period["species"])
            if not len(species):
                species = pd.DataFrame([dict.fromkeys(species.columns)])
            when = {key: period[key] for key in ("from", "to", "label", "status", "camera_days", "looked")}
            rows.append(pd.DataFrame([when] * len(species)).join(species.astype(object)))
        frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
        looked = any(period["status"] == "observed" for period in answer["periods"])
        return Result(frame, "observed" if looked else "not_observed", said(answer), answer)

    def grid(self, since: When, until: When, **asked: Any) -> Result:
        """Rates by cell, as a GeoDataFrame; cells that nobody looked at have no figures.

        Args:
            asked: `taxon`; `h3` (resolution) or `square_m` (side; default 1000); else as `counts`.
        """
        resolution, side = asked.pop("h3", None), asked.pop("square_m", 1000)
        cells = {"kind": "square", "size_m": side}
        if resolution is not None:
            cells = {"kind": "h3", "resolution": resolution}
        answer = self._http.post(
            f"{self._api}/counts/grid", _question(since, until, asked) | {"cells": cells}
        )
        frame = _frame(answer["features"])
        looked = len(frame) > 0 and bool((frame["status"] == "observed").any())
        return Result(frame, "observed" if looked else "not_observed", said(answer), answer)

    def compare(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> Result:
        """Two areas or periods: the ratio of rates, species by species.

        Args:
            a, b: `since`, `until`, and what `counts` takes.
        """
        sides = {
            name: _question(side["since"], side["until"], {k: v for k, v in side.items() if k not in _SPAN})
            for name, side in (("a", a), ("b", b))
        }
        answer = self._http.post(f"{self._api}/counts/compare", sides)
        rows = [
            {
                "scientific_name": one["scientific_name"],
                "rate_a": _rate(one["a"]),
                "rate_b": _rate(one["b"]),
                **{name: (one["ratio"] or {}).get(name) for name in ("value", "low", "high")},
            }
            for one in answer["species"]
        ]
        frame = pd.DataFrame(rows, columns=["scientific_name", "rate_a", "rate_b", "value", "low", "high"])
        both = answer["a"]["status"] == answer["b"]["status"] == "observed"
        return Result(frame, "observed" if both else "not_observed", said(answer), answer)

    def methods(self) -> pd.DataFrame:
        """The estimators: what each answers, needs and assumes."""
        return pd.DataFrame(self._http.get("/api/v1/estimates/methods"))

    def estimate(
        self,
        method: str,
        since: When,
        until: When,
        *,
        taxon: str | None = None,
        taxa: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
        **asked: Any,
    ) -> Estimate:
        """One of `methods()`: occupancy, activity, rem, ...

        Args:
            options: of the method; their JSON Schema is in `methods()`.
            asked: `area`, `zone`, `min_confidence`, `event_interval_min`.
        """
        question = _question(since, until, asked) | {"method": method, "options": dict(options or {})}
        question |= {"taxon": taxon} if taxon else {}
        question |= {"taxa": list(taxa)} if taxa else {}
        answer = self._http.post(f"{self._api}/estimates", question)
        columns = ["name", "meaning", "value", "se", "low", "high", "level", "unit", "method"]
        curves = {
            one["name"]: pd.DataFrame({k: one[k] for k in ("x", "y", "low", "high") if one[k] is not None})
            for one in answer["series"] or ()
        }
        return Estimate(
            pd.DataFrame(answer["estimates"] or [], columns=columns),
            answer["status"],
            said(answer),
            answer,
            curves,
            pd.DataFrame(answer["coefficients"]) if answer["coefficients"] else None,
        )

    # Files -------------------------------------------------------------------------------------------

    def export(
        self,
        format: Format,  # noqa: A002  As the address names it.
        path: str | os.PathLike[str],
        since: When | None = None,
        until: When | None = None,
        **asked: Any,
    ) -> Path:
        """Records as a file, cited inside. A file that breaks off is not kept.

        Args:
            path: the file, or a folder in which it gets the name that the service gives it.
            asked: `area`, `zone`, `taxa`, `deployments`, `min_confidence`.
        """
        body = _question(since, until, asked)
        with self._http.stream("POST", f"{self._api}/exports/{format}", body=body) as response:
            target = Path(path)
            if target.is_dir():
                target /= response.headers["content-disposition"].split('filename="')[1].rstrip('"')
            part = target.with_name(f".{target.name}.part")
            try:
                with part.open("wb") as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
                if part.stat().st_size != int(response.headers["content-length"]):
                    raise ClientError(f"the export broke off: {target} was not written")
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        return target

    def _features(
        self,
        name: str,
        since: When | None = None,
        until: When | None = None,
        *,
        taxon: str | None = None,
        bbox: Sequence[float] | None = None,
        filter: str | None = None,  # noqa: A002
    ) -> gpd.GeoDataFrame:
        query: dict[str, Any] = {
            "f": "json",
            "limit": _PAGE,
            "scientific_name": taxon,
            "bbox": ",".join(map(str, bbox)) if bbox else None,
            "filter": filter,
        }
        if since is not None or until is not None:
            # The standard's intervals include their end, ours do not.
            last = pd.Timestamp(_instant(until)) - pd.Timedelta(microseconds=1) if until is not None else None
            query["datetime"] = f"{_instant(since) if since else '..'}/{last.isoformat() if last else '..'}"
        page = self._http.get(f"/ogc/{self.slug}/collections/{name}/items", query)
        found = list(page["features"])
        while following := next((one["href"] for one in page["links"] if one["rel"] == "next"), None):
            page = self._http.get(self._http.url + following[following.index("/ogc/") :])
            found += page["features"]
        return _frame(found)


_SPAN = ("since", "until")


def _question(since: When | None, until: When | None, asked: Mapping[str, Any]) -> dict[str, Any]:
    question = {key: value for key, value in asked.items() if value is not None}
    if "area" in question:
        question["area"] = _geometry(question["area"])
    for name in ("zone", "deployments"):
        if isinstance(question.get(name), UUID):
            question[name] = str(question[name])
        elif isinstance(question.get(name), list | tuple):
            question[name] = [str(one) for one in question[name]]
    if since is not None:
        question["from"] = _instant(since)
    if until is not None:
        question["to"] = _instant(until)
    return question


def _geometry(area: Any) -> Any:
    if isinstance(area, gpd.GeoDataFrame | gpd.GeoSeries):
        area = (area if area.crs is None else area.to_crs("EPSG:4326")).union_all()
    return area.__geo_interface__ if hasattr(area, "__geo_interface__") else area


def _instant(when: When) -> str:
    at = pd.Timestamp(when)
    return str((at.tz_localize("UTC") if at.tzinfo is None else at).isoformat())


def _frame(found: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    if not found:
        return gpd.GeoDataFrame({"id": []}, geometry=[], crs="EPSG:4326")
    frame = gpd.GeoDataFrame.from_features(found, crs="EPSG:4326")
    if "id" not in frame:
        frame.insert(0, "id", [one["id"] for one in found])
    for column in frame.columns:
        if column.endswith("_at") and column != "geometry":
            frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601")
    return frame


def _species(found: list[dict[str, Any]] | None) -> pd.DataFrame:
    plain = ["scientific_name", "observation_type", "observations", "labelled", "individuals", "events"]
    plain += ["max_count", "deployments"]
    rows = [
        {name: one[name] for name in plain}
        | {
            "rate": one["rate_per_100_camera_days"]["estimate"],
            "low": one["rate_per_100_camera_days"]["low"],
            "high": one["rate_per_100_camera_days"]["high"],
        }
        for one in found or ()
    ]
    return pd.DataFrame(rows, columns=[*plain, "rate", "low", "high"])


def _rate(one: dict[str, Any] | None) -> float | None:
    return None if one is None else one["rate_per_100_camera_days"]["estimate"]
