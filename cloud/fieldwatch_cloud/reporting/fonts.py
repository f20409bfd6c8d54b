"""The letters of reports: Inter, which comes along (OFL), and the system's Chinese letters.

Debian's fonts-wqy-microhei has them; without any Chinese font the PDF would show boxes, so that is said.
"""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from pathlib import Path

FAMILY = "Fieldwatch Inter"
CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC")
"""In order of beauty; the last but one is what Debian's smallest package has."""
FACES = {"Inter-Regular": (400, "normal"), "Inter-Italic": (400, "italic"), "Inter-SemiBold": (600, "normal"),
         "Inter-Bold": (700, "normal")}  # fmt: skip


def file(name: str) -> Path:
    """A face of `FACES`."""
    return Path(str(files("fieldwatch_cloud.reporting").joinpath("fonts", f"{name}.ttf")))


@cache
def faces() -> str:
    """CSS @font-face rules that carry the letters themselves."""
    return "\n".join(
        f"@font-face {{ font-family: '{FAMILY}'; font-weight: {weight}; font-style: {style}; "
        f"src: url(data:font/ttf;base64,{base64.b64encode(file(name).read_bytes()).decode()}) }}"
        for name, (weight, style) in FACES.items()
    )


def stack() -> str:
    """As CSS names them."""
    return ", ".join(
        [
            f"'{FAMILY}'",
            "Inter",
            "'Segoe UI'",
            "Roboto",
            "'Helvetica Neue'",
            *(f"'{name}'" for name in CHINESE),
            "'DejaVu Sans'",
            "sans-serif",
        ]
    )
