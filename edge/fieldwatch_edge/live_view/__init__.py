"""A camera's pictures, live, while somebody asks for them: within a budget, behind every fire, not longer.

pipeline ─▶ Handover (newest picture) ─▶ Show (encoder) ─▶ Uploader ─▶ HTTPS ─▶ cloud
                                           ▲
link ─▶ LiveViews.offer (a command) ───────┘
"""

from __future__ import annotations

from fieldwatch_edge.live_view.desk import LiveViews
from fieldwatch_edge.live_view.handover import Handover, Several

__all__ = ["Handover", "LiveViews", "Several"]
