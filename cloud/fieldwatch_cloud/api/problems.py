"""Problem details (RFC 9457): every error leaves the API in one shape."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from fieldwatch_cloud import errors

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[errors.CloudError], HTTPStatus] = {
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.AlreadyExistsError: HTTPStatus.CONFLICT,
    errors.LabelConflictError: HTTPStatus.CONFLICT,
    errors.NotAllowedNowError: HTTPStatus.CONFLICT,
    errors.NotAdmittedError: HTTPStatus.UNAUTHORIZED,
    errors.LabelFileError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DataFileError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PictureRemovedError: HTTPStatus.GONE,
    errors.PictureUnreadableError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.QuestionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.RowRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DatabaseUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.QueryTimeoutError: HTTPStatus.UNPROCESSABLE_ENTITY,  # The same again would take as long again.
    errors.BusyError: HTTPStatus.TOO_MANY_REQUESTS,
}
"""What an error of ours means over HTTP; the first ancestor counts, anything else is a 500."""
_UNAVAILABLE = "the database cannot be reached at the moment; try again"
_INTERNAL = "something went wrong on our side; the log of the server knows more"
_UNION_TAGS = ("Polygon", "MultiPolygon")


def problem(
    status: int,
    detail: str,
    *,
    fields: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
) -> JSONResponse:
    """The response for one problem.

    Args:
        more: extension members (RFC 9457 §3.2), which the route documents.
    """
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if fields is not None:
        content["errors"] = fields
    content |= more or {}
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(errors.CloudError, _cloud)
    app.add_exception_handler(Exception, _unexpected)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  Registered for nothing else.
    return problem(
        error.status_code, str(error.detail), headers=dict(error.headers) if error.headers else None
    )


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  Registered for nothing else.
    fields = [{"field": _path(e["loc"]), "message": _message(e)} for e in error.errors()]
    first = fields[0]
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    return problem(422, f"{first['field']}: {first['message']}{more}", fields=fields)


async def _cloud(request: Request, error: Exception) -> JSONResponse:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return await _unexpected(request, error)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("api.database_unavailable", path=request.url.path, error=str(error))
        return problem(status, _UNAVAILABLE, headers={"Retry-After": "5"})
    headers = {"Retry-After": "1"} if status is HTTPStatus.TOO_MANY_REQUESTS else None
    return problem(status, str(error), headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("api.failed", path=request.url.path, method=request.method, exc_info=error)
    return problem(500, _INTERNAL)


def _path(location: tuple[Any, ...]) -> str:
    """("body", "area", "Polygon", "coordinates", 0) as body.area.coordinates.0"""
    return ".".join(str(part) for part in location if part not in _UNION_TAGS)


def _message(error: dict[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"this is not JSON: {error['ctx']['error']}"
    return str(error["msg"]).removeprefix("Value error, ")
