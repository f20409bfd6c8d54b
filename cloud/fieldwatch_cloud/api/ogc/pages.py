"""JSON or HTML, as the client asks; HTML under the site's strict policy: no script, one style sheet."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from fieldwatch_cloud.api.ogc.describe import GEOJSON, HTML, JSON

TEMPLATES = Path(__file__).parent / "templates"
NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept, Authorization, Cookie"}


def wants_html(request: Request) -> bool:
    """By `?f=`, else by `Accept`; JSON where neither says."""
    format_ = request.query_params.get("f")
    if format_ is not None:
        if format_ not in ("json", "html"):
            raise HTTPException(400, "f: json or html")
        return format_ == "html"
    best, html = 0.0, False
    for part in request.headers.get("accept", "").split(","):
        kind, _, parameters = part.strip().partition(";")
        if kind not in (HTML, JSON, GEOJSON, "application/*", "*/*"):
            continue
        weight = 1.0
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            if name == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        if weight > best:
            best, html = weight, kind == HTML
    return html


def answer(
    request: Request,
    template: str,
    document: dict[str, Any],
    *,
    media_type: str = JSON,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """`document` as JSON, or as the page `template` makes of it."""
    extra = NO_STORE | (headers or {})
    if not wants_html(request):
        return JSONResponse(document, media_type=media_type, headers=extra)
    page = _environment().get_template(f"{template}.html").render(document=document, **more)
    return HTMLResponse(page, headers=extra)


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
