from __future__ import annotations

import numpy as np
import pytest

from fieldwatch_edge.decide.masks import masked
from fieldwatch_shared.messages import Box

CHIMNEY = np.array([(0.4, 0.6), (0.5, 0.6), (0.5, 0.9), (0.4, 0.9)])
L_SHAPE = np.array([(0, 0), (1, 0), (1, 0.1), (0.1, 0.1), (0.1, 1), (0, 1)])
BOW_TIE = np.array([(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)])


def box(x: float, y: float, width: float, height: float) -> Box:
    return Box(x=x, y=y, width=width, height=height)


@pytest.mark.parametrize(
    ("seen", "mask", "ignored"),
    [
        pytest.param(box(0.35, 0.1, 0.2, 0.7), CHIMNEY, True, id="a plume that towers out of its chimney"),
        pytest.param(box(0.1, 0.1, 0.7, 0.7), CHIMNEY, True, id="a wide one too: by its foot"),
        pytest.param(box(0.42, 0.62, 0.06, 0.3), CHIMNEY, True, id="glare: foot below, larger share within"),
        pytest.param(box(0.6, 0.5, 0.1, 0.3), CHIMNEY, False, id="beside it"),
        pytest.param(box(0.2, 0.5, 0.25, 0.4), CHIMNEY, False, id="smoke of elsewhere that drifts behind it"),
        pytest.param(box(0.42, 0.5, 0.06, 0.09), CHIMNEY, False, id="over it, foot above the mask"),
        pytest.param(box(0.3, 0.3, 0.3, 0.3), L_SHAPE, False, id="in the hollow of a bent mask"),
        pytest.param(box(0.5, 0.0, 0.2, 0.08), L_SHAPE, True, id="in its arm"),
        pytest.param(box(0.45, 0.02, 0.1, 0.2), BOW_TIE, False, id="in the gap of one that crosses itself"),
        pytest.param(box(0.75, 0.4, 0.2, 0.2), BOW_TIE, True, id="in its wing"),
        pytest.param(
            box(0.4, 0.8, 0.1, 0.2), np.array([(0, 0.9), (1, 0.9), (1, 1), (0, 1)]), True, id="edge"
        ),
    ],
)
def test_the_foot_or_the_larger_share_decides(seen: Box, mask: np.ndarray, ignored: bool) -> None:
    assert masked(seen, [mask]) is ignored


def test_two_masks_add_up_and_none_ignores_nothing() -> None:
    left, right = (
        np.array([(x, 0.3), (x + 0.2, 0.3), (x + 0.2, 0.5), (x, 0.5)], np.float64) for x in (0.3, 0.5)
    )
    wide = box(0.35, 0.32, 0.3, 0.2)  # its foot lies below both
    assert not masked(wide, [])
    assert not masked(wide, [left])
    assert masked(wide, [left, right])
