"""Reading the reference cases of `../shared/stats` (FIELDWATCH_REFERENCE names another folder).

They are no part of the project; a test that needs one is skipped by name where it is absent.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fieldwatch_cloud.counts.estimate import Fit

ROOT = Path(__file__).resolve().parents[4]
STATS = Path(os.environ.get("FIELDWATCH_REFERENCE", ROOT.parent / "shared")) / "stats"


def case(name: str) -> tuple[Path, dict[str, Any]]:
    """The case's folder, and what the reference gets."""
    folder = STATS / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set FIELDWATCH_REFERENCE to the folder with the reference cases")
    return folder, json.loads((folder / "expected.json").read_text())["expected_computed_by_reference"]


def table(path: Path) -> np.ndarray:
    """(rows, columns) without the header; empty cells are NaN."""
    return np.genfromtxt(path, delimiter=",", skip_header=1)


def same(fit: Fit, expected: Mapping[str, Any], *, coefficients: float = 1e-4, errors: float = 1e-4) -> None:
    """Coefficients to `coefficients` (absolute or relative, whichever is wider), standard errors to `errors`
    relative. References go by their own order of the names."""
    assert fit.converged
    assert fit.standard_errors is not None
    assert fit.coefficients == pytest.approx(
        list(expected["coef"].values()), rel=coefficients, abs=coefficients
    )
    assert fit.standard_errors == pytest.approx(list(expected["se"].values()), rel=errors)
