"""A report in Chinese; `english` says the same."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fieldwatch_cloud import words as common
from fieldwatch_cloud.reporting.words import numbers, taxa
from fieldwatch_cloud.reporting.words.english import ends_month

if TYPE_CHECKING:
    from datetime import date, datetime

    from fieldwatch_cloud.reporting.facts import (
        Camera,
        Facts,
        Fire,
        Interval,
        Need,
        NewSpecies,
        Reserve,
        Species,
    )

LANGUAGE = "zh"
HTML_LANGUAGE = "zh-CN"
BETWEEN = ""
LABEL = {
    "product": "Fieldwatch",
    "weekly": "周报",
    "monthly": "月报",
    "at_a_glance": "概览",
    "camera_days": "相机日",
    "cameras_looked": "台相机在工作",
    "species": "个物种",
    "events": "次独立事件",
    "fires": "起火情",
    "answered": "后应答",
    "not_observed": "未观测",
    "where": "分布",
    "map_caption": "各六边形内全部动物每100相机日的事件数。斜线：无相机工作，不等于没有动物。",
    "map_alt": "保护区地图：相机、各六边形的动物相对多度和火情",
    "animals": "动物",
    "species_head": "物种",
    "events_head": "事件数",
    "cameras_head": "相机数",
    "rate_head": "每100相机日（95%区间）",
    "change_head": "与前期相比",
    "year_head": "与去年同期相比",
    "before_mark": "前期",
    "through_time": "变化",
    "series_caption": "每100相机日的事件数及95%区间。斜线：无相机工作。",
    "series_alt": "最常见物种的变化曲线",
    "clock": "活动节律",
    "clock_caption": "每100小时观测的事件数，按当地时间的小时。灰色：夜间。斜线：无相机工作。",
    "clock_alt": "物种在一天中各小时的活动",
    "pictures": "精选照片",
    "confirmed": "已经人工确认",
    "fires_title": "火情",
    "no_fire": "未报告火情。",
    "no_fire_unseen": "未报告火情，但没有相机工作。",
    "seen_head": "首次发现",
    "what_head": "类型",
    "zone_head": "位置",
    "by_head": "来源",
    "called_head": "呼叫",
    "answer_head": "首次应答",
    "state_head": "状态",
    "nobody": "无人",
    "held_back": "按规则未呼叫",
    "outside": "各片区之外",
    "cameras": "相机",
    "cameras_caption": "各相机布设期间实际工作时间所占比例。",
    "camera_head": "相机",
    "looked_head": "工作时间",
    "health_head": "现状",
    "needs": "需要处理的事项",
    "no_needs": "目前没有需要处理的事项。",
    "now": "立即",
    "soon": "尽快",
    "when_convenient": "方便时",
    "method": "如何理解这些数字",
    "rate_axis": "每100相机日",
    "hour": "时",
    "legend_rate": "每100相机日事件数",
    "legend_looked": "在工作的相机",
    "legend_partly": "工作不足一半时间",
    "legend_silent": "未工作",
    "legend_blind": "无相机工作",
    "legend_fire": "火情",
    "legend_direction": "火情方向",
    "legend_zone": "片区",
    "north": "北",
    "page": "第",
    "of": "页，共",
    "more_cameras": "另有{n}台，工作时间均更长。",
    "more_fires": "另有{n}起。",
}
STATUS = {
    "ok": "正常",
    "attention": "需要查看",
    "silent": "失联",
    "never_seen": "从未上报",
    "ended": "已撤除",
}
_CHANGE = {
    "first_record": "首次记录",
    "more": "增加",
    "fewer": "减少",
    "unclear": "无明显变化",
    "not_observed": "未观测",
    "not_observed_before": "前期未观测",
}


def reserve(one: Reserve) -> str:
    return one.name_zh or one.name


def zone(name: str, name_zh: str | None) -> str:
    return name_zh or name


def day(one: date) -> str:
    return f"{one.year}年{one.month}月{one.day}日"


def short_day(one: date) -> str:
    return f"{one.month}月{one.day}日"


def instant(at: datetime, timezone: str) -> str:
    here = at.astimezone(ZoneInfo(timezone))
    return f"{here.month}月{here.day}日{here:%H:%M}"


def days(first: date, last: date) -> str:
    """2026年5月4日至10日；跨月时写出月份；整月写月份。"""
    if first.day == 1 and (last.month, last.year) == (first.month, first.year) and ends_month(last):
        return f"{first.year}年{first.month}月"
    if (first.year, first.month) == (last.year, last.month):
        return f"{day(first)}至{last.day}日"
    if first.year == last.year:
        return f"{day(first)}至{short_day(last)}"
    return f"{day(first)}至{day(last)}"


def period_tick(first: date, kind: str) -> str:
    return f"{first.month}/{first.day}" if kind == "weekly" else f"{first.month}月"


def mail_title(reserve_name: str, kind: str, first: date, last: date) -> str:
    return f"{reserve_name}{LABEL[kind]}（{days(first, last)}）"


def title(facts: Facts) -> str:
    return mail_title(reserve(facts.reserve), facts.kind, facts.span.first, facts.span.last)


def made(facts: Facts) -> str:
    at = facts.made_at.astimezone(ZoneInfo(facts.reserve.timezone))
    sentence = f"由{facts.software}于{day(at.date())}{at:%H:%M}（{facts.reserve.timezone}）生成。"
    if not facts.over:
        sentence += "当时该时段尚未结束，仅包含已到达的数据。"
    return sentence


def headlines(facts: Facts) -> list[str]:
    """主任没有时间细读时看的内容。"""
    return [
        *_effort(facts),
        *_animals(facts),
        *_changes(facts),
        *_new(facts),
        *_fires(facts),
        *_needs(facts),
    ]


def change(one: Species) -> str:
    said = _CHANGE[one.status]
    if one.status in ("more", "fewer", "unclear") and one.ratio is not None:
        return f"{said}：{numbers.times(one.ratio)}"
    return said


def looked(one: Camera) -> str:
    if one.hours == 0:
        return "未观测"
    return f"{numbers.figure(one.hours)}小时，{numbers.percent(one.share).replace(' ', '')}"


def health(one: Camera, made_at: datetime) -> str:
    said = STATUS[one.status.value]
    if one.status.value == "silent" and one.heard_at is not None:
        return f"{said}{common.duration((made_at - one.heard_at).total_seconds(), 'zh')}"
    if one.status.value == "attention":
        return f"{said}：{'、'.join(REASON[reason.value] for reason in one.reasons)}"
    return said


REASON = {
    "no_heartbeat": "无心跳",
    "node_offline": "节点未连接",
    "camera_not_reported": "节点未上报此相机",
    "camera_problem": "相机报告故障",
    "no_frames": "没有画面",
    "frozen": "画面静止",
    "blurred": "画面模糊",
    "moved": "朝向已偏移",
    "dark": "画面过暗",
    "disk_low": "磁盘将满",
    "records_given_up": "有记录被放弃",
    "clock_unsynchronised": "时钟未校准",
    "battery_low": "电量过低",
    "power_saving": "节能运行",
}


def need(one: Need) -> str:
    """一句话：是什么，涉及谁。"""
    n = one.n
    said = {
        "unanswered_fire": f"{n}起火情无人应答",
        "burning_fire": f"{n}起火情尚未结束",
        "undelivered": f"{n}人未能联系上",
        "nobody_on_duty": "无人值班" if n == 0 else f"{n}个片区无人值班",
        "unreachable_ranger": f"{n}名值班人员没有可用设备",
        "silent_camera": f"{n}台相机失联",
        "never_seen_camera": f"{n}台相机从未上报",
        "attention_camera": f"{n}台相机需要查看",
        "clock_wrong": f"{n}台相机时钟未校准",
        "code_tried_again": f"{n}个用过的一次性代码被另一台设备试用",
        "node_over_quota": f"{n}个节点的上传量超过每日上限",
        "visit_due": f"{n}处需要技术员前往",
        "to_review": f"{n}张照片待审核",
        "drill_due": "从未进行过演练" if n == 0 else f"上次演练在{n}天前",
        "no_camera": "保护区内没有相机",
        "no_zone": "保护区没有片区，无法安排片区值班",
        "no_boundary": "保护区没有边界",
    }[one.code]
    names = "、".join(zone(*name) for name in one.names)
    if names and n > len(one.names):
        names += "等"
    return f"{said}：{names}。" if names else f"{said}。"


def fire_seen_by(one: Fire) -> str:
    parts = [
        f"相机{one.suspicions}次" if one.suspicions else "",
        f"卫星热点{one.hotspots}个" if one.hotspots else "",
        f"人员报告{one.reports}次" if one.reports else "",
    ]
    return "，".join(part for part in parts if part)


def fire_called(one: Fire) -> str:
    if one.held_back:
        return LABEL["held_back"]
    if not one.called:
        return LABEL["nobody"]
    after = "" if one.sent_after_s is None else f"，{common.duration(one.sent_after_s, 'zh')}后首次发出"
    return f"{one.called}人（{one.reached}人收到）{after}"


def fire_answer(one: Fire) -> str:
    if one.answered_after_s is None:
        return LABEL["nobody"]
    by = f"，{one.answered_by}" if one.answered_by else ""
    return f"{common.duration(one.answered_after_s, 'zh')}{by}"


def duration(seconds: float) -> str:
    return common.duration(seconds, "zh")


def method(facts: Facts) -> list[str]:
    """每个数字的依据。"""
    first, last = facts.days_before
    told = [
        (
            "同一相机、同一物种的记录，间隔不足30分钟的计为一次事件。相对多度为每100相机日的事件数："
            "100台相机各工作一天，或一台相机工作100天。只计算节点上报的相机实际工作时间。"
        ),
        (
            "括号内的区间在100次同样的抽样中有95次包含真值；相机之间差异越大，区间越宽。"
            f"“与前期相比”指与{days(first, last)}相比，每台相机与自身比较；"
            "仅当比值的区间不含1时，才称“增加”或“减少”。"
        ),
        "“未观测”指没有相机工作，不等于零。",
    ]
    if facts.year_before:
        told.append(f"“去年同期”指{days(*facts.year_before)}。")
    if facts.withheld or facts.blurred:
        told.append(
            "工作的相机太少，若给出敏感物种即会暴露其位置，因此本报告不含敏感物种。"
            if facts.withheld
            else "敏感物种只给出全保护区的总数，不给出地点、时刻和照片。"
        )
    return told


def alt_picture(name: str, camera: str, when: str) -> str:
    return f"{name}，相机{camera}，{when}"


def _effort(facts: Facts) -> list[str]:
    if not facts.observed:
        return ["这些天没有相机工作，情况未知；这不等于没有动物。"]
    before = (
        f"此前同样天数为{numbers.days(facts.camera_days_before)}"
        if facts.camera_days_before
        else "此前同样天数内未观测"
    )
    return [
        f"{facts.deployments}台相机中有{facts.looked}台工作，共{numbers.days(facts.camera_days)}个相机日（{before}）。"
    ]


def _animals(facts: Facts) -> list[str]:
    seen = [one for one in facts.species if one.events]
    if not facts.observed:
        return []
    if not seen and facts.unnamed:
        return [f"拍到动物{facts.unnamed:,}次独立事件，但均未识别到物种。"]
    if not seen:
        return [f"相机工作期间未拍到动物。{'本报告不含敏感物种。' if facts.withheld else ''}"]
    most = max(seen, key=lambda one: one.events)
    told = f"拍到{len(seen)}个物种，共{sum(one.events for one in seen):,}次独立事件"
    if most.rate is not None:
        told += f"；最常见的是{_name(most)}，每100相机日{_interval(most.rate)}次"
    if facts.unnamed:
        told += f"；另有{facts.unnamed:,}次未识别到物种"
    return [f"{told}。"]


def _changes(facts: Facts) -> list[str]:
    if not facts.observed or not facts.camera_days_before:
        return []
    told = []
    for status, said in (("more", "比前期增加"), ("fewer", "比前期减少")):
        named = [
            f"{_name(one)}（{numbers.times(one.ratio)}）"
            for one in facts.species
            if one.status == status and one.ratio is not None
        ]
        if named:
            told.append(f"{said}：{'、'.join(named[:4])}{'等' if len(named) > 4 else ''}。")
    if not told and any(one.status == "unclear" and one.ratio is not None for one in facts.species):
        told.append("各物种的变化均未超出偶然范围。")
    return told


def _new(facts: Facts) -> list[str]:
    if not facts.new_species:
        return []
    named = [_name(one) + (f"（相机{one.camera}）" if one.camera else "") for one in facts.new_species]
    return [f"保护区首次记录：{'、'.join(named[:5])}{'等' if len(named) > 5 else ''}。"]


def _fires(facts: Facts) -> list[str]:
    real = [one for one in facts.fires if one.state != "false_alarm"]
    false = len(facts.fires) - len(real)
    if not facts.fires:
        return [LABEL["no_fire" if facts.observed else "no_fire_unseen"]]
    told = f"火情{len(real)}起" + (f"，误报{false}起" if false else "")
    called = [one for one in facts.fires if not one.held_back]
    times = [one.answered_after_s for one in called if one.answered_after_s is not None]
    if len(times) == 1:
        told += f"；{duration(times[0])}后应答"
    elif times:
        told += f"；应答时间中位数{duration(median(times))}，最长{duration(max(times))}"
    if silent := len(called) - len(times):
        told += f"；{silent}起始终无人应答"
    return [f"{told}。"]


def _needs(facts: Facts) -> list[str]:
    urgent = [one for one in facts.needs if one.severity == "now"]
    if urgent:
        return [f"需立即处理：{need(urgent[0])}"]
    soon = [one for one in facts.needs if one.severity == "soon"]
    return [f"需尽快处理：{need(soon[0])}"] if soon else []


def _name(one: Species | NewSpecies) -> str:
    return taxa.name(one.scientific_name, "zh")


def _interval(one: Interval) -> str:
    return numbers.interval(one).replace(" (", "（").replace(")", "）")
