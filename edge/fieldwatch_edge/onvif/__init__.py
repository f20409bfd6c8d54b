"""Cameras that turn: ONVIF PTZ, and patrols from pose to pose."""

from fieldwatch_edge.onvif.client import OnvifError
from fieldwatch_edge.onvif.patrol import PatrolSource, patrolled

__all__ = ["OnvifError", "PatrolSource", "patrolled"]
