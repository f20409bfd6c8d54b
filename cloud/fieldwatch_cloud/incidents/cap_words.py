"""What a CAP message says in words, in Chinese and English. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_cloud import words

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.incidents.cap import Situation
    from fieldwatch_cloud.words import Language

HEADLINE = 160
"""CAP 1.2 §3.2.2: short enough for a display or a text message."""


@dataclass(frozen=True, slots=True)
class Texts:
    event: str
    sender_name: str
    headline: str
    description: str
    instruction: str
    picture: str
    area: str


def texts(s: Situation, language: Language, *, now: datetime) -> Texts:
    return _english(s, now) if language == "en" else _chinese(s, now)


def _english(s: Situation, now: datetime) -> Texts:
    what = words.FIRE["en"][s.kind]
    place = s.zone_name or s.reserve_name
    headline = f"{'EXERCISE: ' if s.drill else ''}{what}, {place}: {words.STATE['en'][s.state].lower()}"
    first, last = (
        words.local_time(at, s.timezone, today=now, language="en") for at in (s.first_seen_at, s.last_seen_at)
    )
    where = "Where it is, is not known."
    if s.lon is not None and s.lat is not None:
        within = f", within {words.distance(s.semi_major_m, 'en')}" if s.semi_major_m else ""
        where = f"Position {words.coordinates(s.lon, s.lat)} (latitude, longitude){within}."
    elif s.bearing_deg is not None and s.camera_name:
        towards = f"{words.degrees(s.bearing_deg)}° ({words.compass(s.bearing_deg, 'en')})"
        where = f"In direction {towards} from {s.camera_name}; how far away is not known."
    seen_by = [
        f"{s.cameras} camera{'' if s.cameras == 1 else 's'}" if s.cameras else "",
        "satellite" if s.hotspots else "",
        "people" if s.people else "",
    ]
    by = " by " + ", ".join(part for part in seen_by if part) if any(seen_by) else ""
    said = [
        "This is an exercise; there is no fire." if s.drill else "",
        f"{what} seen{by}, first at {first}, last at {last} ({s.timezone}).",
        where,
        f"Fire danger: {words.DANGER['en'][s.danger]}." if s.danger else "",
        f"State: {words.STATE['en'][s.state].lower()}.",
    ]
    instruction = (
        "Assess with the reserve before you act." if s.state not in ("closed", "false_alarm") else ""
    )
    if s.drill:
        instruction = "Exercise: do not send anybody unless the exercise asks for it."
    return Texts(
        event="Smoke, possible wildfire" if s.kind == "smoke" else "Wildfire",
        sender_name=s.reserve_name,
        headline=headline[:HEADLINE],
        description=" ".join(part for part in said if part),
        instruction=instruction,
        picture="Picture of the camera that saw it (needs a log-in)",
        area=place if s.zone_name is None else f"{s.zone_name}, {s.reserve_name}",
    )


def _chinese(s: Situation, now: datetime) -> Texts:
    what = words.FIRE["zh"][s.kind]
    reserve = s.reserve_name_zh or s.reserve_name
    zone = s.zone_name_zh or s.zone_name
    headline = f"{'【演练】' if s.drill else ''}{zone or reserve}{what}：{words.STATE['zh'][s.state]}"
    first, last = (
        words.local_time(at, s.timezone, today=now, language="zh") for at in (s.first_seen_at, s.last_seen_at)
    )
    where = "位置不明。"
    if s.lon is not None and s.lat is not None:
        within = f"，误差{words.distance(s.semi_major_m, 'zh')}以内" if s.semi_major_m else ""
        where = f"位置（纬度, 经度）：{words.coordinates(s.lon, s.lat)}{within}。"
    elif s.bearing_deg is not None and s.camera_name:
        towards = f"{words.degrees(s.bearing_deg)}°（{words.compass(s.bearing_deg, 'zh')}）"
        where = f"在{s.camera_name}的{towards}方向，距离不明。"
    seen_by = [
        f"{s.cameras}台相机" if s.cameras else "",
        "卫星" if s.hotspots else "",
        "人员" if s.people else "",
    ]
    by = "由" + "、".join(part for part in seen_by if part) if any(seen_by) else ""
    said = [
        "这是演练，并无火情。" if s.drill else "",
        f"{by}发现{what}，首次{first}，最近{last}（{s.timezone}）。",
        where,
        f"火险等级：{words.DANGER['zh'][s.danger]}。" if s.danger else "",
        f"现状：{words.STATE['zh'][s.state]}。",
    ]
    instruction = "行动前请与保护区核实。" if s.state not in ("closed", "false_alarm") else ""
    if s.drill:
        instruction = "演练：除演练要求外，请勿派出人员。"
    return Texts(
        event="烟雾，疑似森林火灾" if s.kind == "smoke" else "森林火灾",
        sender_name=reserve,
        headline=headline[:HEADLINE],
        description="".join(said),
        instruction=instruction,
        picture="发现火情的相机照片（需登录）",
        area=reserve if zone is None else f"{reserve}{zone}",
    )
