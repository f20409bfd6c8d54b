"""What a ranger reads and hears, in Chinese. Pure; `english` says the same, `wording` puts it together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud import words
from fieldwatch_cloud.calls.english import LATE_S, MOST_NAMES

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.calls.facts import Facts

BETWEEN_SENTENCES = ""
BETWEEN_PARTS = "，"
DRILL_MARK = "【演练】"
DRILL_SENTENCE = "这是演练，并无火情。"
OPEN_FIRE, OPEN = "有火情消息，请打开 Fieldwatch", "有新消息，请打开 Fieldwatch"
_WHY = {"no_device": "无设备", "failed": "发送失败", "no_answer": "未应答"}
_DID = {
    "new": "{by}已重新打开",
    "acknowledged": "{by}已确认",
    "dispatched": "{by}正在赶往现场",
    "on_scene": "{by}已到现场",
    "contained": "{by}报告已控制",
    "closed": "{by}已结束此警情",
    "false_alarm": "{by}判定为误报",
}


def title(f: Facts) -> str:
    thing = f"{_area(f)}{_what(f)}"
    match f.kind:
        case "fire":
            return f"{_area(f)}发现{_what(f)}"
        case "escalation":
            return f"无人应答：{thing}"
        case "update":
            return f"{words.STATE['zh'].get(f.state or '', '更新')}：{thing}"
        case "undelivered":
            return f"有人未联系上：{thing}"
        case "wildlife":
            return (f.animal.rule_name_zh or f.animal.rule_name) if f.animal else "野生动物"
        case "test":
            return "测试：此设备可以收到消息"


def sentences(f: Facts) -> list[str]:
    """The body; empty ones are left out by the caller."""
    match f.kind:
        case "fire":
            return [_seen(f), _where(f), _danger(f)]
        case "escalation":
            return [f"{_unanswered(f)}。", _seen(f), _where(f), _danger(f)]
        case "update":
            return [f"{_done(f)}。", _seen(f), _where(f)]
        case "undelivered":
            return [f"{_unreached(f)}。请另行联系或派人前往。", _seen(f), _where(f)]
        case "wildlife":
            sure = f"可信度{f.animal.confidence:.0%}。" if f.animal else ""
            return [f"{_animal(f)}。", _seen(f), sure]
        case "test":
            return [f"{_time(f.created_at, f)}由{_reserve(f)}发送，并无警情。"]


def sms(f: Facts, link: str) -> tuple[str, list[tuple[int, str]]]:
    """What must be in, and what may be, by worth; see `sms.put_together`."""
    match f.kind:
        case "test":
            return f"{title(f)}，{_time(f.created_at, f)}", [(1, _reserve(f)), (2, link)]
        case "wildlife":
            return f"{title(f)}，{_when(f)}", [(1, _animal(f)), (2, f.camera_name or ""), (3, link)]
        case "update":
            return f"{title(f)}，{_when(f)}", [(1, _done(f) if f.by else ""), (3, _where_short(f)), (2, link)]
        case "undelivered":
            return f"{title(f)}，{_when(f)}", [(1, _names(f, 2)), (2, _where_short(f)), (3, link)]
        case _:
            danger = _danger(f).rstrip("。")
            return f"{title(f)}，{_when(f)}", [(1, _where_short(f)), (3, danger), (2, link)]


def spoken(f: Facts) -> str:
    said = [DRILL_SENTENCE if f.drill else "", f"{title(f)}。"]
    if f.kind == "undelivered":
        said += [f"{_unreached(f)}。"]
    if f.kind in ("fire", "escalation", "undelivered"):
        said += [_seen(f), _direction_spoken(f), _danger(f), "请打开巡护应用并应答。"]
    elif f.kind == "update":
        said += [f"{_done(f)}。"]
    elif f.kind == "wildlife":
        said += [f"{_animal(f)}。", _seen(f)]
    return "".join(said)


def _what(f: Facts) -> str:
    return words.FIRE["zh"][f.fire_kind or "fire"]


def _area(f: Facts) -> str:
    return f.zone_name_zh or f.zone_name or _reserve(f)


def _reserve(f: Facts) -> str:
    return f.reserve_name_zh or f.reserve_name


def _time(at: datetime, f: Facts) -> str:
    return words.local_time(at, f.timezone, today=f.created_at, language="zh")


def _when(f: Facts) -> str:
    time = _time(f.observed_at or f.created_at, f)
    return f"{words.duration(f.late_s, 'zh')}前（{time}）" if f.late_s >= LATE_S else time


def _seen(f: Facts) -> str:
    if f.source == "person":
        return f"{_when(f)}接到{f.camera_name or ''}报告。"
    by = "由卫星" if f.source == "satellite" else f"由{f.camera_name}" if f.camera_name else ""
    return f"{_when(f)}{by}发现。"


def _where(f: Facts) -> str:
    if f.lon is not None and f.lat is not None:
        within = f"，误差{words.distance(f.semi_major_m, 'zh')}以内" if f.semi_major_m else ""
        return f"位置（纬度, 经度）：{words.coordinates(f.lon, f.lat)}{within}。"
    if f.bearing_deg is not None and f.camera_name:
        give = f"±{max(1, round(2 * f.bearing_sd_deg))}°" if f.bearing_sd_deg else ""
        towards = f"{words.degrees(f.bearing_deg)}°{give}（{words.compass(f.bearing_deg, 'zh')}）"
        return f"在{f.camera_name}的{towards}方向，距离不明。"
    return "位置和方向不明。"


def _where_short(f: Facts) -> str:
    if f.lon is not None and f.lat is not None:
        within = f"，误差{words.distance(f.semi_major_m, 'zh')}内" if f.semi_major_m else ""
        return f"{words.coordinates(f.lon, f.lat)}{within}"
    if f.bearing_deg is not None and f.camera_name:
        point = words.compass(f.bearing_deg, "zh")
        return f"{f.camera_name}的{words.degrees(f.bearing_deg)}°（{point}）方向"
    return "位置不明"


def _direction_spoken(f: Facts) -> str:
    if f.lon is not None or f.bearing_deg is None or not f.camera_name:
        return ""
    return f"方向{words.compass_spoken(f.bearing_deg, 'zh')}，距离不明。"


def _danger(f: Facts) -> str:
    return f"火险等级：{words.DANGER['zh'][f.danger]}。" if f.danger else ""


def _unanswered(f: Facts) -> str:
    waited = (f.created_at - f.called_at).total_seconds() if f.called_at else 0
    if waited < 60:
        return "无人应答"
    return f"已{words.duration(waited, 'zh')}无人应答"


def _done(f: Facts) -> str:
    if f.state == "merged":
        return "与另一已知火情为同一处"
    if f.by and f.state in _DID:
        return _DID[f.state].format(by=f.by)
    return f"现状：{words.STATE['zh'].get(f.state or '', '有变化')}"


def _unreached(f: Facts) -> str:
    if not f.unreached:
        return "无人能够联系上"
    return f"未联系上：{_names(f, MOST_NAMES)}"


def _names(f: Facts, most: int) -> str:
    names = "、".join(f"{u.name}（{_WHY[u.why]}）" for u in f.unreached[:most])
    return names + (f"等{len(f.unreached)}人" if len(f.unreached) > most else "")


def _animal(f: Facts) -> str:
    if f.animal is None:
        return "野生动物"
    name = f.animal.scientific_name or "未知动物"
    return name if f.animal.count == 1 else f"{name} {f.animal.count}只"
