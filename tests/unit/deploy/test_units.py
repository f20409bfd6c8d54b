"""What systemd itself says of our units."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[3] / "deploy" / "systemd"
MOST = {"fieldwatch-edge.service": 2.5, "fieldwatch-cloud.service": 2.5}
"""systemd's own measure of exposure; a service without any hardening has 9.6."""

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@pytest.mark.parametrize("unit", MOST)
def test_a_unit_is_exposed_as_little_as_its_work_allows(unit: str) -> None:
    done = analyze("security", "--offline=true", "--no-pager", str(UNITS / unit))
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= MOST[unit], done.stdout


@pytest.mark.parametrize("unit", MOST)
def test_a_unit_says_nothing_that_systemd_does_not_understand(unit: str) -> None:
    said = analyze("verify", "--man=no", str(UNITS / unit)).stderr
    ours = [line for line in said.splitlines() if unit in line and "is not executable" not in line]
    assert not ours


def test_the_node_is_watched_over_and_begun_again_for_ever() -> None:
    text = (UNITS / "fieldwatch-edge.service").read_text()
    for line in ("Type=notify", "Restart=always", "StartLimitIntervalSec=0"):
        assert f"\n{line}\n" in text
    assert re.search(r"^WatchdogSec=\d+$", text, re.MULTILINE)
