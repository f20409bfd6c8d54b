"""`fieldwatch counts`: a reserve's numbers on the command line, with how far the data bear them.

It asks the service over HTTP, as a script would (`fieldwatch.client`), and needs `fieldwatch[client]`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldwatch.client import Reserve, Result

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    epilog="Say once where it is: [bold]export FIELDWATCH_URL=https://… FIELDWATCH_TOKEN=fwt_…[/bold]"
    " (make a token on the research page, under Take along).",
)

Slug = Annotated[
    str, typer.Option("--reserve", "-r", envvar="FIELDWATCH_RESERVE", help="The reserve's short name.")
]
Since = Annotated[
    str, typer.Option("--from", help="Start, included: a day in UTC, or a time with its offset.")
]
Until = Annotated[str, typer.Option("--to", help="End, excluded.")]
Area = Annotated[
    Path | None,
    typer.Option(
        "--area", help="Only within this area: GeoJSON, GeoPackage, KML, Shapefile.", dir_okay=False
    ),
]
ZoneId = Annotated[str | None, typer.Option("--zone", help="Only within this zone (its id).")]
Taxa = Annotated[list[str] | None, typer.Option("--taxon", "-t", help="Scientific name; may be repeated.")]
Confidence = Annotated[
    float, typer.Option(min=0, max=1, help="Leave out what the model was less sure of; people's word stays.")
]
Interval = Annotated[
    float, typer.Option("--interval", min=1, max=1440, help="Minutes after which records are independent.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The service's answer, whole, on standard output.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="The table as CSV on standard output.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw it into this file: .png, .svg or .pdf.")]
Language = Annotated[Literal["en", "zh"] | None, typer.Option(help="Of the verdict; default: the account's.")]

SHOWN = {
    "rates": ("taxon", "events", "individuals", "max_count", "rate", "low", "high"),
    "series": ("label", "camera_days", "taxon", "events", "rate", "low", "high"),
    "cells": ("cell", "camera_days", "events", "individuals", "rate", "low", "high"),
    "estimate": ("name", "value", "se", "low", "high", "unit"),
}
"""What fits a terminal; `--csv` and `--json` have everything."""


@app.command()
def species(
    reserve: Slug,
    since: Since,
    until: Until,
    area: Area = None,
    zone: ZoneId = None,
    taxon: Taxa = None,
    min_confidence: Confidence = 0,
    interval: Interval = 30,
    plot: Plot = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    language: Language = None,
) -> None:
    """Events, individuals and rates by species.

    The [bold]rate[/bold] is independent events per 100 camera-days in which a camera really looked, with the
    interval that encloses the true rate in 95 of 100 such samples. It compares places and times; it is no
    number of animals. A species that you name and nobody saw has a rate of 0, [italic]and an upper
    limit[/italic].
    """
    with connected(reserve, language) as opened:
        asked = _asked(area, zone, taxon, min_confidence, interval)
        _show(opened.counts(since, until, **asked), "rates", plot, as_json=as_json, as_csv=as_csv)


@app.command()
def series(
    reserve: Slug,
    since: Since,
    until: Until,
    by: Annotated[
        Literal["day", "month", "season", "year"], typer.Option(help="Length of a period.")
    ] = "month",
    area: Area = None,
    zone: ZoneId = None,
    taxon: Taxa = None,
    min_confidence: Confidence = 0,
    interval: Interval = 30,
    plot: Plot = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    language: Language = None,
) -> None:
    """Rates by day, month, season or year, in the reserve's time zone.

    A period in which nobody looked says so, and is hatched in the plot: it is not a zero.
    """
    with connected(reserve, language) as opened:
        asked = _asked(area, zone, taxon, min_confidence, interval)
        _show(opened.series(since, until, by, **asked), "series", plot, as_json=as_json, as_csv=as_csv)


@app.command("map")
def map_(
    reserve: Slug,
    since: Since,
    until: Until,
    taxon: Annotated[
        str | None, typer.Option("--taxon", "-t", help="Scientific name; default: all animals.")
    ] = None,
    h3: Annotated[int | None, typer.Option(min=0, max=12, help="H3 cells of this resolution.")] = None,
    square_m: Annotated[float, typer.Option(min=50, help="Else squares with this side, in metres.")] = 1000,
    area: Area = None,
    zone: ZoneId = None,
    min_confidence: Confidence = 0,
    interval: Interval = 30,
    plot: Plot = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    language: Language = None,
) -> None:
    """Rates by cell of a grid; with [bold]--plot map.png[/bold] a map. Cells nobody looked at are hatched."""
    with connected(reserve, language) as opened:
        asked = _asked(area, zone, None, min_confidence, interval) | {
            "taxon": taxon,
            "h3": h3,
            "square_m": square_m,
        }
        _show(opened.grid(since, until, **asked), "cells", plot, as_json=as_json, as_csv=as_csv)


@app.command()
def estimate(
    method: Annotated[
        str, typer.Argument(help="occupancy, activity, rem, ...: see `fieldwatch counts methods`.")
    ],
    reserve: Slug,
    since: Since,
    until: Until,
    taxon: Taxa = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="NAME=VALUE of the method; may be repeated.")
    ] = None,
    area: Area = None,
    zone: ZoneId = None,
    min_confidence: Confidence = 0,
    interval: Interval = 30,
    plot: Plot = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    language: Language = None,
) -> None:
    """What an estimator says: occupancy, density, activity, trend, ...

    Read the verdict below the numbers: it names the assumptions that your data break, and what would mend it.
    [bold]unfit[/bold] means: do not publish this number.
    """
    with connected(reserve, language) as opened:
        asked = _asked(area, zone, None, min_confidence, interval)
        several = taxon if taxon and len(taxon) > 1 else None
        result = opened.estimate(
            method,
            since,
            until,
            taxon=taxon[0] if taxon and not several else None,
            taxa=several,
            options=dict(_option(one) for one in option or ()),
            **asked,
        )
        _show(result, "estimate", plot, as_json=as_json, as_csv=as_csv)


@app.command()
def methods(
    reserve: Annotated[str, typer.Option("--reserve", "-r", envvar="FIELDWATCH_RESERVE", hidden=True)] = "-",
    as_json: AsJson = False,
) -> None:
    """The estimators: what each answers and what it needs."""
    with connected(reserve, None) as opened:
        found = opened.methods()
        if as_json:
            typer.echo(found.to_json(orient="records", force_ascii=False))
            return
        columns = ["name", "title", "answers", "needs"]
        _table(found[columns].map(lambda cell: "; ".join(cell) if isinstance(cell, list) else cell))


@app.command()
def export(
    format_: Annotated[
        Literal["camtrap-dp", "darwin-core", "csv", "geojson", "gpkg", "parquet", "earthranger", "coco"],
        typer.Argument(
            metavar="FORMAT", help="camtrap-dp, darwin-core, csv, geojson, gpkg, parquet, earthranger, coco."
        ),
    ],
    reserve: Slug,
    out: Annotated[Path, typer.Option("--out", "-o", help="File, or folder to put it in.")] = Path(),
    since: Annotated[
        str | None, typer.Option("--from", help="Start, included; default: the beginning.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="End, excluded; default: now.")] = None,
    area: Area = None,
    zone: ZoneId = None,
    taxon: Taxa = None,
    min_confidence: Confidence = 0,
) -> None:
    """Records as a file for other programs, with citation, licence, query and version inside.

    [bold]camtrap-dp[/bold] for archives and GBIF, [bold]gpkg[/bold] for QGIS, [bold]parquet[/bold] for
    notebooks, [bold]csv[/bold] for everything else. Sensitive species are blurred unless your role may know.
    """
    with connected(reserve, None) as opened:
        asked = _asked(area, zone, taxon, min_confidence, None)
        typer.echo(str(opened.export(format_, out, since, until, **asked)))


@contextmanager
def connected(slug: str, language: Literal["en", "zh"] | None) -> Iterator[Reserve]:
    """A reserve to ask; what goes wrong is said in one sentence, and ends the command."""
    try:
        from fieldwatch.client import ClientError, Reserve
    except ImportError as error:
        _fail(f"{error.name} is missing: pip install 'fieldwatch[client]'")
    try:
        with Reserve(slug, language=language) as opened:
            yield opened
    except (ClientError, ValueError, OSError) as error:
        _fail(str(error))


def _asked(
    area: Path | None, zone: str | None, taxa: list[str] | None, min_confidence: float, interval: float | None
) -> dict[str, Any]:
    asked: dict[str, Any] = {"min_confidence": min_confidence}
    asked |= {"zone": zone} if zone else {}
    asked |= {"taxa": taxa} if taxa else {}
    if interval is not None:
        asked["event_interval_min"] = interval
    if area is not None:
        import geopandas as gpd

        asked["area"] = gpd.read_file(area)
    return asked


def _option(text: str) -> tuple[str, Any]:
    import json

    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"--option is NAME=VALUE, not {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _show(result: Result, drawing: str, plot: Path | None, *, as_json: bool, as_csv: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(result.raw, ensure_ascii=False, indent=2))
    elif as_csv:
        result.frame.drop(columns="geometry", errors="ignore").to_csv(sys.stdout, index=False)
    else:
        _say(result, SHOWN[drawing])
    if plot is not None:
        if not len(result.frame):
            _fail("there is nothing to draw: nobody looked, or nothing was seen")
        try:
            from fieldwatch import plots
        except ImportError as error:
            _fail(f"{error.name} is missing: pip install 'fieldwatch[client]'")
        draw: Callable[[Any, Path], None] = getattr(plots, drawing)
        draw(result, plot)
        typer.echo(f"Drawn: {plot}", err=True)


def _say(result: Result, columns: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.text import Text

    from fieldwatch.client.results import NOT_OBSERVED

    console = Console()
    frame = result.frame
    if not result.observed:
        console.print(Text(NOT_OBSERVED, style="bold"))
    elif not len(frame):
        console.print(Text("No numbers: the verdict says why.", style="bold"))
    else:
        if "observation_type" in frame:
            taxon = frame["scientific_name"].fillna(frame["observation_type"]).fillna("not observed")
            frame = frame.assign(taxon=taxon)
        if "cell" in columns:  # The verdict says how many cells nobody looked at.
            frame = frame[frame["status"] == "observed"]
        _table(frame[list(columns)])
    style = {"note": "dim", "caution": "yellow", "unfit": "bold red"}
    for line in result.verdict:
        console.print(Text(str(line), style=style.get(line.severity, "")))


def _table(frame: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, column in enumerate(frame.columns):
        words = any(isinstance(value, str) for value in frame[column])
        whole = not words or not number  # A number that is cut off is another number.
        table.add_column(str(column), justify="left" if words else "right", no_wrap=whole, overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    Console().print(table)


def _cell(value: Any) -> str:
    """A blank is not a zero: what is not known is a dash."""
    if value is None or value != value:  # NaN is not itself.
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def _fail(words: str) -> NoReturn:
    from rich.console import Console

    Console(stderr=True).print(words, style="red", markup=False)
    raise typer.Exit(1)
