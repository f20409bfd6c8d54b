"""The example notebook runs from top to bottom against a real service, and is stored without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

from .api_world import running
from .client_world import PANDA, SINCE, UNTIL, month

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Database

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebooks" / "counting.ipynb"


@pytest.mark.timeout(900)
# ipykernel and zmq leave a loop and sockets to the end of the process.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_notebook_runs(
    database_url: str, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = month(database_url, db, tmp_path)
    token = world.token("researcher")
    out = tmp_path / "out"
    out.mkdir()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with running(world) as run:
        for name, value in {
            "FIELDWATCH_URL": run.url,
            "FIELDWATCH_TOKEN": token,
            "FIELDWATCH_RESERVE": "foping",
            "SINCE": SINCE,
            "UNTIL": UNTIL,
            "OUT": str(out),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONPATH": str(ROOT / "deploy"),
            "IPYTHONDIR": str(tmp_path / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(tmp_path / "jupyter"),
        }.items():
            monkeypatch.setenv(name, value)
        NotebookClient(notebook, timeout=600, startup_timeout=300, kernel_name="python3").execute()
    said = "\n".join(str(output) for cell in notebook.cells for output in cell.get("outputs", ()))
    assert PANDA in said
    assert "Foping" in said
    assert list(out.glob("*.csv.zip"))


def test_it_is_stored_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
