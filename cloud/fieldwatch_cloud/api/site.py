"""The web app's files, or a page that says how to build them."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope

WEB = Path(__file__).parents[1] / "web"
_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Fieldwatch</title>
<h1>Fieldwatch</h1>
<p>The service runs, but its web app was not built. In the source tree, with Node 20 or newer:</p>
<pre>cd cloud/web && npm ci && npm run build</pre>
<p>Then load this page again. The API answers below <code>/api/v1</code>.</p>
</html>
"""


def mount(app: FastAPI, web: Path) -> None:
    """Serve the built app in `web` at /, open to all: it holds no data, it asks the API for them."""
    if (web / "index.html").is_file():
        app.mount("/", _Files(directory=web, html=True), name="web")
    else:
        app.get("/", include_in_schema=False, name="web")(_not_built)


def _not_built() -> HTMLResponse:
    return HTMLResponse(_NOT_BUILT)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await run_in_threadpool(self._packed, path, scope) or await super().get_response(
            path, scope
        )
        # Names below assets/ carry their content's hash; everything else must be asked for again.
        fixed = path.startswith("assets/") and response.status_code == 200
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fixed else "no-cache"
        return response

    def _packed(self, path: str, scope: Scope) -> Response | None:
        """The file as the build has packed it beside the plain one: a third of the bytes on a bad link."""
        if scope["method"] not in ("GET", "HEAD") or "gzip" not in Headers(scope=scope).get(
            "accept-encoding", ""
        ):
            return None
        full, stat = self.lookup_path(f"{path}.gz")
        if stat is None:
            return None
        response = self.file_response(full, stat, scope)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        return response
