"""What estimates and curves are, in words. A name may carry what it is of after a colon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fieldwatch_cloud.words import Language

MEANINGS: dict[str, tuple[str, str]] = {
    "rate": ("Independent events per 100 camera-days", "每100相机日的独立事件数"),
    "rate_ratio": ("Ratio of the rates", "拍摄率之比"),
    "occupancy": ("Share of sites at which it occurs", "出现该物种的位点比例"),
    "detection": ("Chance that one visit finds it where it is", "在其出现的位点，单次调查发现它的概率"),
    "occupied_sites": ("How many of these sites it occupies", "本次调查的位点中被占据的个数"),
    "false_positive": ("Chance that one visit mistakes something for it", "单次调查将他物误认为它的概率"),
    "occupancy_season": ("Share of sites at which it occurs, season {of}", "第{of}季出现该物种的位点比例"),
    "colonisation": (
        "Chance that an empty site is colonised by the next season",
        "空位点到下一季被占据的概率",
    ),
    "extinction": ("Chance that an occupied site is left by the next season", "被占位点到下一季消失的概率"),
    "occupancy_growth": ("Factor by which occupancy changes a season", "占域率每季的变化倍数"),
    "abundance": ("Animals per site, on average", "每个位点的平均个体数"),
    "abundance_total": ("Animals at all these sites together", "全部位点的个体总数"),
    "detection_individual": (
        "Chance that one visit finds one given animal",
        "单次调查发现某一只个体的概率",
    ),
    "encounter_rate": ("Encounters for the effort", "单位努力量的遇见次数"),
    "activity_level": ("Share of the day spent active", "一天中活动时间的比例"),
    "activity_level_corrected": (
        "The same, freed of what the kernel flattens: the better part of a density",
        "一天中活动时间的比例（已校正核平滑的影响）",
    ),
    "overlap": ("Overlap of the two activity patterns, 0 to 1", "两种活动节律的重叠度（0–1）"),
    "overlap_dhat1": ("The same by Dhat1, for small samples", "重叠度Dhat1（适于小样本）"),
    "overlap_dhat4": ("The same by Dhat4, for larger samples", "重叠度Dhat4（适于较大样本）"),
    "overlap_dhat5": ("The same by Dhat5", "重叠度Dhat5"),
    "density": ("Animals per km²", "每平方公里个体数"),
    "density_model_based": (
        "The same, with the model's own error: too small where animals linger",
        "每平方公里个体数（仅含模型误差；动物逗留时误差偏小）",
    ),
    "density_between_cameras": (
        "The same, with the error between cameras alone",
        "每平方公里个体数（仅含相机间误差）",
    ),
    "day_range": ("Distance travelled a day", "日移动距离"),
    "detection_probability": ("Chance to detect an animal in the sector", "扇区内检测到动物的概率"),
    "effective_radius": ("Effective detection radius", "有效探测半径"),
    "g0": ("Chance of a record at an animal's activity centre, an occasion", "活动中心处每时段的检测概率"),
    "lambda0": ("Expected records at an activity centre, an occasion", "活动中心处每时段的期望记录数"),
    "sigma": ("How far animals range (half-normal scale)", "活动范围尺度（半正态σ）"),
    "roost_peak": ("Largest number at once, of all nights", "各晚同时出现的最大数量"),
    "roost_change": ("Arrivals minus departures", "到达数减离开数"),
    "species_seen": (
        "Species seen (the interval: in other surveys of this size)",
        "记录到的物种数（区间指同等规模的其他调查）",
    ),
    "species_chao2": ("Species present, at least", "物种数下限估计（Chao2）"),
    "coverage": ("Share of incidences that belong to species seen", "样本覆盖度"),
    "trend": ("Factor by which numbers change a period", "数量每时段的变化倍数"),
    "corrected": (
        "{of} per 100 camera-days, corrected for the detector",
        "每100相机日的{of}（已校正检测器误差）",
    ),
    "speed": ("Speed while moving", "移动速度"),
    # Curves
    "detected_share": ("Share of the visited sites that found it", "发现该物种的受查位点比例"),
    "occupancy_by_season": ("Occupancy by season", "各季占域率"),
    "occupancy_of_these_sites": ("Share of these very sites occupied", "本批位点的占据比例"),
    "activity": ("Activity over the day", "日活动节律"),
    "detection_by_distance": ("Detection by distance", "检测概率与距离"),
    "distances_observed": ("Distances, as observed", "观测到的距离分布"),
    "distances_expected": ("Distances, as expected", "期望的距离分布"),
    "roost_by_night": ("Largest number at once, by night", "每晚同时最大数量"),
    "species_by_samples": ("Species by samples", "物种累积曲线"),
    "coverage_by_samples": ("Coverage by samples", "覆盖度曲线"),
    "trend_index": ("Index, first period 1", "指数（首期为1）"),
    "rate_by_period": ("Events per 100 camera-days, by period", "各时段每100相机日事件数"),
}
_SEASON = re.compile(r"^occupancy_season_(\d+)$")


def meaning(name: str, language: Language) -> str:
    """What an estimate or a curve of this name is; the name itself where nobody wrote words."""
    season = _SEASON.match(name)
    base, of = ("occupancy_season", season[1]) if season else (name.partition(":")[0], name.partition(":")[2])
    if base not in MEANINGS:
        return name
    said = MEANINGS[base][language == "zh"]
    if "{of}" in said:
        return said.format(of=of)
    return f"{said}: {of}" if of else said
