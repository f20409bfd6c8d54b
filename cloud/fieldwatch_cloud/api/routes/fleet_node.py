"""Between a node and the cloud: the files that it is to take on, and its log when it is asked for it."""

import contextlib
import io
import json
import zipfile
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response, Security
from fastapi import Path as FromPath
from fastapi.responses import FileResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fieldwatch_cloud import node_logs
from fieldwatch_cloud.api.auth import STAFF, Caller, SignedIn, check_role
from fieldwatch_cloud.api.auth_node import NodeCaller
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.fleet import AskLog, LogLines, NodeLog
from fieldwatch_cloud.api.pictures import FILE
from fieldwatch_cloud.api.routes.fleet import own_node
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import node_logs as rows
from fieldwatch_cloud.db import rollouts
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.rollouts import artifacts
from fieldwatch_shared.messages import Slug, utc_now

router = APIRouter(tags=["fleet"])
MOST_LINES = 20_000
"""Are shown of a log: as many as can be asked for."""
_token = HTTPBearer(
    auto_error=False,
    scheme_name="node_log",
    description="A node's token for one log, from its command.",
)


@router.get(
    "/node/artifacts/{sha256}",
    summary="A file that a node is to take on",
    response_class=FileResponse,
    responses={
        200: {"content": {"application/octet-stream": FILE}},
        206: {"description": "The part that `Range` asks for."},
        **problems(401, 404, 416),
    },
)
def get_node_artifact(
    sha256: Annotated[str, FromPath(pattern=r"^[0-9a-f]{64}$")], caller: NodeCaller, services: Wired
) -> FileResponse:
    """For nodes, in parts by `Range`: only what their desired state names."""
    with services.database.transaction() as conn:
        rollouts.for_node(conn, caller.node, sha256)
    path = artifacts.store(services.settings.media_dir).path(sha256)
    if not path.is_file():
        raise NotFoundError("the file is no longer here: upload it again")
    # What is named by its content can be gone on with after any pause.
    return FileResponse(path, media_type="application/octet-stream", headers={"ETag": f'"{sha256}"'})


@router.post(
    "/nodes/{node}/logs",
    summary="Ask a node for its log",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422, 429),
)
def ask_node_log(node: Slug, body: AskLog, caller: SignedIn, services: Wired) -> NodeLog:
    """For technicians and managers. The end of its log, or a support bundle; `state` of the answer's id says
    when it is here."""
    with services.database.transaction() as conn:
        own_node(conn, node, caller)
        id_ = node_logs.ask(
            conn,
            services.settings,
            node,
            bundle=body.bundle,
            lines=body.lines,
            by=caller.account.id,
            now=utc_now(),
        )
        return _shown(rows.get(conn, id_))


@router.get("/nodes/{node}/logs", summary="Logs of a node", responses=problems(401, 403, 404))
def list_node_logs(node: Slug, caller: SignedIn, db: Db) -> list[NodeLog]:
    """For technicians and managers: those that were asked for in the last 30 days, newest first."""
    with db.transaction() as conn:
        own_node(conn, node, caller)
        return [_shown(one) for one in rows.of_node(conn, node)]


@router.get(
    "/node-logs/{log_id}/file",
    summary="A node's log as it came",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": FILE}}, **problems(401, 403, 404)},
)
def get_node_log_file(log_id: UUID, caller: SignedIn, services: Wired) -> Response:
    """To be saved: JSON lines, or the bundle's zip."""
    with services.database.transaction() as conn:
        found = _visible(conn, log_id, caller)
    ending = "zip" if found.bundle else "jsonl"
    name = f"{found.node_id}-{found.asked_at:%Y%m%dT%H%M}.{ending}"
    return Response(
        node_logs.read(services.settings, found),
        media_type="application/zip" if found.bundle else "application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get(
    "/node-logs/{log_id}/lines", summary="A node's log, line by line", responses=problems(401, 403, 404)
)
def get_node_log_lines(log_id: UUID, caller: SignedIn, services: Wired) -> LogLines:
    """Of a bundle: the lines of the log in it."""
    with services.database.transaction() as conn:
        found = _visible(conn, log_id, caller)
    content = node_logs.read(services.settings, found)
    return LogLines(lines=_lines(_log_in(content) if found.bundle else content))


def of_node(
    log_id: UUID,
    services: Wired,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_token)],
) -> rows.NodeLog:
    """The log that the node may upload."""
    if bearer is None:
        raise HTTPException(401, "send the command's token", {"WWW-Authenticate": "Bearer"})
    with services.database.transaction() as conn:
        return node_logs.vouched(conn, log_id, bearer.credentials)


async def log_body(found: Annotated[rows.NodeLog, Depends(of_node)], request: Request) -> bytes:
    """Read only once we know who sends it."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > found.max_bytes:
            raise HTTPException(413, f"this log may have at most {found.max_bytes} bytes")
    return bytes(body)


@router.put(
    "/node-logs/{log_id}",
    summary="A node's log",
    status_code=204,
    responses=problems(401, 404, 410, 413),
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": FILE}}},
)
def put_node_log(
    found: Annotated[rows.NodeLog, Depends(of_node)],
    services: Wired,
    body: Annotated[bytes, Depends(log_body)],
) -> None:
    """For the node, with the token of its command, once."""
    if not node_logs.keep(services.database, services.settings, found.id, body, utc_now()):
        with services.database.transaction() as conn:
            state = rows.get(conn, found.id).state
        if state != "here":
            raise HTTPException(410, f"nobody waits for this log any more: it is {state}")


def _visible(conn: Connection, log_id: UUID, caller: Caller) -> rows.NodeLog:
    found = rows.get(conn, log_id)
    held = caller.roles_in(found.reserve)
    if not held:
        raise NotFoundError(f"no such log: {log_id}")
    check_role(held, STAFF)
    return found


def _shown(row: rows.NodeLog) -> NodeLog:
    return NodeLog(
        id=row.id,
        node=row.node_id,
        bundle=row.bundle,
        lines=row.lines,
        state=row.state,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        until=row.until,
        received_at=row.received_at,
        bytes=row.bytes,
    )


def _log_in(bundle: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as packed:
            names = [name for name in packed.namelist() if name.rpartition("/")[2].startswith("log")]
            if not names:
                return b""
            with packed.open(names[0]) as file:
                return file.read(node_logs.BUNDLE_BYTES)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise NotFoundError(f"this bundle cannot be read: {error}") from error


def _lines(content: bytes) -> list[dict[str, Any]]:
    """JSON lines, or a JSON list; what is neither is shown as it is."""
    text = content.decode("utf-8", "replace")
    if text.lstrip().startswith("["):
        with contextlib.suppress(ValueError, RecursionError):
            read = json.loads(text)
            return [one if isinstance(one, dict) else {"event": str(one)} for one in read[-MOST_LINES:]]
    found = []
    # The last ones, split off from the end: a stolen node may send as many empty lines as there are bytes.
    for line in text.rstrip("\n").rsplit("\n", MOST_LINES)[-MOST_LINES:]:
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):  # no JSON, or brackets within brackets without an end
            one = line
        found.append(one if isinstance(one, dict) else {"event": str(one)})
    return found
