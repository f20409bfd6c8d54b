"""What the collections and their pages are called, in English and Chinese."""

from dataclasses import dataclass

from fieldwatch_cloud.db.columns import Name


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    title_zh: str
    description: str
    description_zh: str
    instant: str | None
    """The column that `datetime` asks about."""


COLLECTIONS: dict[Name, Words] = {
    "deployments": Words(
        "Deployments",
        "相机布设",
        "One camera at one place, aimed one way, for one time span.",
        "一台相机在一处、朝一个方向、一段时间内的布设。",
        "started_at",
    ),
    "observations": Words(
        "Observations",
        "观测记录",
        "What was seen; people's labels stand in place of the model's records. A row without a deployment is "
        "of a sensitive species, and its place is blurred.",
        "所见记录；人工标注取代模型记录。没有布设编号的行属于敏感物种，其位置已模糊处理。",
        "observed_at",
    ),
    "events": Words(
        "Independent events",
        "独立事件",
        "Records of one taxon at one deployment less than 30 min apart; max_n is the largest number at once.",
        "同一布设、同一类群、间隔不足 30 分钟的记录为一个事件；max_n 为同时出现的最大个体数。",
        "started_at",
    ),
    "effort": Words(
        "Effort",
        "观测努力量",
        "Hours in which a deployment really looked, per local day. A day without a row was not observed: "
        "that is not zero animals.",
        "各布设每个当地日实际观测的小时数。没有行的日子表示无人观测，并不表示没有动物。",
        "started_at",
    ),
    "incidents": Words(
        "Fires", "火情", "Fires and smoke that rangers act on.", "护林员处置的烟火事件。", "first_seen_at"
    ),
    "zones": Words("Zones", "责任区", "Areas for which somebody is responsible.", "有专人负责的区域。", None),
}
