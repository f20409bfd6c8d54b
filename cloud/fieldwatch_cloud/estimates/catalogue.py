"""What each estimator is for, needs and assumes, in both languages; its formulas' source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    title_zh: str
    answers: str
    answers_zh: str
    needs: str
    needs_zh: str
    assumptions: tuple[tuple[str, str], ...]
    """(English, Chinese)."""
    source: str


_CLOSED = (
    "Sites do not change while the survey lasts (closure).",
    "调查期间各位点状态不变（封闭性）。",
)
_INDEPENDENT = ("Visits to a site are independent of each other.", "同一位点的各次调查相互独立。")
_NO_FALSE = ("Nothing else is taken for this species.", "没有其他物种被误认为该物种。")
_RANDOM = (
    "Cameras stand at random with regard to the animals: not on trails, not baited.",
    "相机相对于动物随机布设：不沿兽径，不用诱饵。",
)
_STEADY = ("Animals neither seek nor avoid cameras.", "动物既不趋近也不回避相机。")
_SURE = ("Every animal in view is detected.", "视野内的每只动物都被检测到。")
_VISITS = (
    "20 or more sites, each visited several times.",
    "20个以上位点，每个位点重复调查多次。",
)

CATALOGUE: dict[str, Entry] = {
    "rate": Entry(
        "Rate",
        "拍摄率",
        "How often was it seen, for the effort?",
        "按努力量计，它多久被拍到一次？",
        "Any effort.",
        "有努力量即可。",
        (
            ("Events come independently of each other.", "各次事件相互独立。"),
            (
                "To compare rates, it must be detected equally well on both sides.",
                "比较拍摄率时，两侧的可检测性须相同。",
            ),
        ),
        "Garwood 1936, Biometrika 28:437-442; Efron & Tibshirani 1993, An Introduction to the Bootstrap",
    ),
    "occupancy": Entry(
        "Occupancy",
        "占域率",
        "At what share of sites does it occur, though not every visit finds it?",
        "即使并非每次都能发现，它出现在多大比例的位点？",
        *_VISITS,
        (_CLOSED, _INDEPENDENT, _NO_FALSE),
        "MacKenzie et al. 2002, Ecology 83:2248-2255",
    ),
    "occupancy_false_positive": Entry(
        "Occupancy with false detections",
        "含误检的占域率",
        "The same, where the detector takes other animals for it.",
        "同上，但考虑检测器会把其他动物误认为它。",
        "What the detector confuses, or sites of which a person has looked at every picture.",
        "检测器的混淆表，或由人逐张核对过的位点。",
        (
            _CLOSED,
            _INDEPENDENT,
            ("The detector errs here as on the labelled pictures.", "检测器在此处的错误率与标注图片上相同。"),
        ),
        "Royle & Link 2006, Ecology 87:835-841; Miller et al. 2011, Ecology 92:1422-1428; Chambert et al. "
        "2015, Ecology 96:332-339",
    ),
    "occupancy_dynamic": Entry(
        "Occupancy through seasons",
        "多季节占域率",
        "At what rate are sites colonised and left?",
        "位点被占据和被放弃的速率是多少？",
        "Two or more seasons, 20 or more sites, several visits in each season.",
        "两个以上季节、20个以上位点，每季多次调查。",
        (
            ("Sites change between seasons, not within them.", "位点状态只在季节之间改变。"),
            _INDEPENDENT,
            _NO_FALSE,
        ),
        "MacKenzie et al. 2003, Ecology 84:2200-2207; Weir et al. 2009, Ecol. Appl. 19:391-402",
    ),
    "royle_nichols": Entry(
        "Abundance from detection (Royle-Nichols)",
        "由检测推断多度（Royle-Nichols）",
        "How many animals per site, from how often visits find any?",
        "根据检测频率，每个位点约有多少只？",
        *_VISITS,
        (
            _CLOSED,
            (
                "Sites differ in detection because more or fewer animals live there, for no other reason.",
                "位点间检测率的差异只来自动物数量的差异。",
            ),
            _NO_FALSE,
        ),
        "Royle & Nichols 2003, Ecology 84:777-790",
    ),
    "n_mixture": Entry(
        "Abundance from counts (N-mixture)",
        "由计数推断多度（N-mixture）",
        "How many animals per site, from the most seen at once on repeated visits?",
        "根据重复调查中同时见到的最大数量，每个位点约有多少只？",
        *_VISITS,
        (
            _CLOSED,
            ("An animal is counted at most once a visit.", "每只动物每次调查至多计数一次。"),
            ("All animals are found equally well and independently.", "所有动物被发现的概率相同且相互独立。"),
        ),
        "Royle 2004, Biometrics 60:108-115",
    ),
    "count_occupancy": Entry(
        "Occupancy from counts with effort",
        "基于计数与努力量的占域率",
        "At what share of sites, and how often a day where it is?",
        "它出现在多大比例的位点，在那里每天被拍到几次？",
        "20 or more sites with effort; visits need not be repeated alike.",
        "20个以上有努力量的位点；各次调查时长可不同。",
        (
            _CLOSED,
            ("Encounters come independently at a steady rate.", "遇见事件独立，且速率稳定。"),
            _NO_FALSE,
        ),
        "Pautrel et al. 2024, Methods in Ecology and Evolution 15",
    ),
    "activity": Entry(
        "Activity",
        "活动节律",
        "When in the day is it active, and for what share of the day?",
        "它在一天中何时活动，活动时间占多大比例？",
        "100 or more events, of cameras that look at all hours.",
        "100次以上事件，相机全天候工作。",
        (
            ("At the peak, all animals are active.", "活动高峰时所有个体都在活动。"),
            ("Cameras see equally well at all hours.", "相机在各时段的检测能力相同。"),
        ),
        "Rowcliffe et al. 2014, Methods Ecol. Evol. 5:1170-1179",
    ),
    "activity_overlap": Entry(
        "Overlap of activity",
        "活动节律重叠",
        "How much of the day do two taxa share?",
        "两个类群的活动时间有多大重叠？",
        "50 or more events of each of two taxa.",
        "两个类群各50次以上事件。",
        (
            ("Events are independent.", "各次事件相互独立。"),
            ("Cameras see equally well at all hours.", "相机在各时段的检测能力相同。"),
        ),
        "Ridout & Linkie 2009, J. Agric. Biol. Environ. Stat. 14:322-337",
    ),
    "rem": Entry(
        "Density by random encounters (REM)",
        "随机相遇模型密度（REM）",
        "How many animals per km², without telling them apart?",
        "在不识别个体的情况下，每平方公里有多少只？",
        "Speed while active, effective radius and angle of the view, measured in the field; 60 cameras.",
        "野外测得的活动速度、有效探测半径与角度；约60台相机。",
        (
            _RANDOM,
            _STEADY,
            ("Speed and view are of this population and place.", "速度与视野来自同一种群与地点。"),
        ),
        "Rowcliffe et al. 2008, J. Appl. Ecol. 45:1228-1236",
    ),
    "distance": Entry(
        "Density by distances (camera-trap distance sampling)",
        "距离取样密度（CTDS）",
        "How many animals per km², from how far off they were?",
        "根据动物与相机的距离，每平方公里有多少只？",
        "Distances of animals at snapshot moments, from reference pictures.",
        "由参照图片测得的各快照时刻动物距离。",
        (
            _RANDOM,
            ("An animal right before the camera is surely detected.", "紧邻相机处的动物必被检测到。"),
            (
                "Distances are of the moment, before animals react to the camera.",
                "距离为动物对相机作出反应之前的瞬时值。",
            ),
        ),
        "Howe et al. 2017, Methods Ecol. Evol. 8:1558-1565",
    ),
    "time_to_event": Entry(
        "Density by time to event",
        "至事件时间密度（TTE）",
        "How many animals per km², from how long it takes until one comes?",
        "根据等待动物出现的时间，每平方公里有多少只？",
        "Speed, and the area that each camera sees.",
        "活动速度与每台相机的视野面积。",
        (_RANDOM, _STEADY, _SURE),
        "Moeller, Lukacs & Horne 2018, Ecosphere 9:e02331",
    ),
    "space_to_event": Entry(
        "Density by space to event",
        "至事件空间密度（STE）",
        "How many animals per km², from how many cameras must be looked at to find one?",
        "根据需查看多少台相机才能见到一只，每平方公里有多少只？",
        "The area that each camera sees; many moments; cameras that look all the time or by the clock.",
        "每台相机的视野面积；大量时刻；持续工作或定时拍摄的相机。",
        (_RANDOM, _SURE, ("Moments are far enough apart to be independent.", "各时刻间隔足够长，相互独立。")),
        "Moeller, Lukacs & Horne 2018, Ecosphere 9:e02331",
    ),
    "instantaneous": Entry(
        "Density by instantaneous sampling",
        "瞬时取样密度（IS）",
        "How many animals per km², from how many are in view at set moments?",
        "根据设定时刻视野内的数量，每平方公里有多少只？",
        "The area that each camera sees; many moments; cameras that look all the time or by the clock.",
        "每台相机的视野面积；大量时刻；持续工作或定时拍摄的相机。",
        (_RANDOM, _SURE),
        "Moeller, Lukacs & Horne 2018, Ecosphere 9:e02331",
    ),
    "scr": Entry(
        "Density of animals told apart (spatial capture-recapture)",
        "空间标记重捕密度（SCR）",
        "How many animals per km², where single ones are known by their marks?",
        "在可识别个体时，每平方公里有多少只？",
        "A table of who was seen where and when; 20 or more recaptures, some at several cameras.",
        "个体—地点—时段记录表；20次以上重捕，且部分个体在多台相机出现。",
        (
            _CLOSED,
            ("Marks are neither lost nor misread.", "个体标记不丢失、不误认。"),
            (
                "Activity centres are spread evenly, and ranges are round.",
                "活动中心均匀分布，活动范围近圆形。",
            ),
        ),
        "Borchers & Efford 2008, Biometrics 64:377-385",
    ),
    "roost": Entry(
        "Roost count",
        "夜宿地计数",
        "How many at once, night by night?",
        "每晚同时最多有多少只？",
        "Cameras that overlook the roost.",
        "俯瞰夜宿地的相机。",
        (
            ("Who is not in view is not counted.", "视野之外的个体未被计入。"),
            ("The same animals may come each night.", "每晚可能是同一批个体。"),
        ),
        "Steinhorst & Samuel 1989, Biometrics 45:415-425",
    ),
    "accumulation": Entry(
        "Species accumulation",
        "物种累积",
        "How many species, and how many were missed?",
        "有多少物种，漏掉了多少？",
        "25 or more cameras.",
        "25台以上相机。",
        (
            ("Samples are drawn alike from one community.", "各样本同等地取自同一群落。"),
            ("Species are told apart without mistakes.", "物种鉴定无误。"),
        ),
        "Colwell, Mao & Chang 2004, Ecology 85:2717-2727; Chao 1987, Biometrics 43:783-791; Chao & Jost "
        "2012, Ecology 93:2533-2547",
    ),
    "trend": Entry(
        "Trend",
        "变化趋势",
        "Does it become more or less, and how fast?",
        "它在增多还是减少，速度如何？",
        "Three or more periods with effort at the same sites.",
        "同一批位点在三个以上时段有努力量。",
        (
            ("Detectability does not change through time.", "可检测性不随时间改变。"),
            ("Sites that were not visited changed as the others did.", "未调查位点的变化与其他位点一致。"),
        ),
        "Pannekoek & van Strien 2005, TRIM 3 Manual, Statistics Netherlands, ch. 2",
    ),
    "corrected_counts": Entry(
        "Counts corrected for the detector",
        "校正检测器误差后的计数",
        "How many animals passed, given what the detector misses, confuses and invents?",
        "考虑检测器的漏检、混淆与误报，实际经过多少只？",
        "What the detector confuses, counted on labelled pictures like these.",
        "检测器在同类标注图片上的混淆表。",
        (
            ("The detector errs here as on the labelled pictures.", "检测器在此处的错误率与标注图片上相同。"),
            ("Animals pass independently of each other.", "动物经过事件相互独立。"),
        ),
        "Spence et al. 2024, Methods in Ecology and Evolution, Avoiding Confusion",
    ),
}
