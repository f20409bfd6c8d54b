"""Who installs the wheel needs no Node: the web app is in it, and the installed package serves it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.e2e.browser_site import WEB

ROOT = Path(__file__).parents[2]
MOST_BYTES = 26_000_000
"""Of the wheel: detectors 12 MB, fonts 5 MB, the rest. Noted in docs/decisions/0034."""
_SERVE = """
import shutil, sys
from fastapi import FastAPI
from starlette.testclient import TestClient
import fieldwatch_cloud
from fieldwatch_cloud.api import site

assert fieldwatch_cloud.__file__.startswith(sys.argv[1]), fieldwatch_cloud.__file__
assert shutil.which("node") is None
app = FastAPI()
site.mount(app, site.WEB)
with TestClient(app) as client:
    page = client.get("/")
    assert page.status_code == 200, page.text
    assert '<div id="app">' in page.text
    (script,) = [part.split('"')[0] for part in page.text.split('src="')[1:] if part.startswith("/assets/")]
    answer = client.get(script)
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/sw.js").status_code == 200
print("served")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the project's own backend."""
    if not (WEB / "index.html").is_file():
        pytest.fail("the web app is not built: (cd cloud/web && npm ci && npm run build)")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_the_whole_web_app(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {name.removeprefix("fieldwatch_cloud/web/") for name in names if "fieldwatch_cloud/web/" in name}
    built = {str(file.relative_to(WEB)) for file in WEB.rglob("*") if file.is_file()}
    assert inside == built
    assert {"index.html", "sw.js"} <= inside
    assert any(name.endswith(".js.gz") for name in inside), "packed, for bad links"
    assert sum("noto-sans-sc" in name for name in inside) > 90, "Chinese letters for screens that have none"
    assert not any("node_modules" in name or name.startswith("cloud/web/") for name in names)
    assert wheel.stat().st_size < MOST_BYTES


def test_what_is_installed_serves_the_page_without_node(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _SERVE, str(tmp_path)],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "served"
