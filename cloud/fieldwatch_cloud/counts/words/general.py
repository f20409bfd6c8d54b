"""What may be said of any count: effort, records, rates, and the estimates that stand on them alone."""

from __future__ import annotations

from fieldwatch_cloud.counts.words import Words

WORDS: dict[str, Words] = {
    # verdict.of_effort
    "not_observed": Words(
        "No camera is known to have looked in this area and time span. This is not zero animals.",
        "此区域和时段内没有相机在工作的记录。这不等于没有动物。",
        "Ask for a time or an area where cameras looked, or wait for the nodes' heartbeats.",
        "请选择有相机工作的时段或区域，或等待节点的心跳上报。",
    ),
    "one_site": Words(
        "One single camera looked: the number is that camera's, not the area's, and how much places differ "
        "cannot be told.",
        "只有一台相机在工作：该数字只代表这台相机，不代表整个区域，也无法得知各地点的差异。",
        "Put up more cameras, at places chosen without regard to where animals are expected.",
        "增设相机，布点时不要偏向预计有动物的地方。",
    ),
    "few_sites": Words(
        "Only {sites} cameras looked; {least} or more are advised before an area's rates and shares are "
        "compared or published.",
        "只有{sites}台相机在工作；在比较或发表区域的相对多度和占有率之前，建议至少{least}台。",
        "Add sites, or pool seasons; more time at the same sites helps less.",
        "增加位点或合并多个季节；在原有位点延长时间作用较小。",
    ),
    "short_at_sites": Words(
        "Half of the cameras looked for {days:.2g} days or less; a site's rate settles after about {least:g} "
        "days.",
        "有一半相机的工作时间不超过{days:.2g}天；一个位点的拍摄率约需{least:g}天才趋于稳定。",
        "Leave the cameras for three to five weeks.",
        "让每台相机工作三至五周。",
    ),
    "silent_sites": Words(
        "{silent} of the {sites} cameras in the area never looked in this time span: their places are not "
        "counted as empty, they are missing.",
        "区域内{sites}台相机中有{silent}台在该时段从未工作：这些地点属于缺失，而不是没有动物。",
        "Mend or replace them, or draw the area around the cameras that looked.",
        "修复或更换这些相机，或只圈选有相机工作的范围。",
    ),
    "part_of_span": Words(
        "No camera at all looked during {missing:.1f} of the {asked:.1f} days asked for: nothing is known of "
        "them.",
        "所查询的{asked:.1f}天中有{missing:.1f}天没有任何相机工作：这些天的情况未知。",
        "Ask for the days on which cameras looked, or compare spans with like coverage.",
        "请查询有相机工作的日期，或比较覆盖情况相近的时段。",
    ),
    "uneven_effort": Words(
        "Effort is uneven: camera-days differ between cameras with a coefficient of variation of {cv:.0%}. "
        "The number speaks mostly for the places that were looked at longest.",
        "工作量不均：各相机的相机日变异系数为{cv:.0%}。该数字主要反映观察时间最长的地点。",
        "Ask for a span in which all cameras looked, or use a model with effort (occupancy).",
        "选择所有相机都在工作的时段，或使用纳入工作量的模型（占有模型、计数占有模型）。",
    ),
    "one_camera_most": Words(
        "One camera made {share:.0%} of all effort: the number is nearly that camera's alone.",
        "一台相机占了全部工作量的{share:.0%}：该数字几乎只代表这台相机。",
        "Ask without that camera, or for a span in which the others looked too.",
        "排除该相机，或选择其他相机也在工作的时段。",
    ),
    "effort_from_dates": Words(
        "The effort of {deployments} deployments comes from start and end dates, as their data set gives "
        "them: outages are not known, and the rate is too low by as much as they lasted.",
        "{deployments}个布设的工作量来自数据集给出的起止日期：停机情况未知，相机若曾停机，拍摄率会偏低。",
        "Enter the cameras' outages before importing, or leave these deployments out.",
        "导入前补充相机的停机记录，或排除这些布设。",
    ),
    "many_seasons": Words(
        "The span covers {days:.0f} days. Animals move and camera rates change between seasons; one number "
        "for all of them hides that.",
        "该时段长达{days:.0f}天。动物活动和拍摄率随季节变化，单一数字会掩盖这种变化。",
        "Ask season by season (the series of counts does so).",
        "按季节分别查询（可使用计数序列）。",
    ),
    "season_too_long": Words(
        "A closed population is assumed for {days:.0f} days; births, deaths and moves are likely in more "
        "than {most:.0f}.",
        "模型假设{days:.0f}天内种群封闭；超过{most:.0f}天时很可能有出生、死亡或迁移。",
        "Shorten the season, or use the dynamic model over several seasons.",
        "缩短季节长度，或对多个季节使用动态模型。",
    ),
    # verdict.of_records
    "without_effort": Words(
        "{observations} observations come from cameras without reported effort. They are counted, but no "
        "rate can take them in.",
        "有{observations}条观测来自没有工作量记录的相机。它们计入总数，但无法用于拍摄率。",
        "Wait for their heartbeats to arrive, or leave those cameras out.",
        "等待其心跳数据到达，或排除这些相机。",
    ),
    "none_confirmed": Words(
        "No person has confirmed any of the {observations} observations: all rest on the detector.",
        "{observations}条观测均未经人工确认：全部依据检测模型。",
        "Check a random sample of them on the review page, the rare species all.",
        "请在审核页面抽样核对，稀有物种应全部核对。",
    ),
    "share_confirmed": Words(
        "A person has confirmed or corrected {share:.1%} of the observations ({labelled} of {observations}); "
        "the rest are the detector's.",
        "人工确认或更正了{share:.1%}的观测（{observations}条中的{labelled}条），其余来自检测模型。",
        "",
        "",
    ),
    "unmeasured_detector": Words(
        "{observations} observations come from a detector whose errors on labelled pictures are not known: "
        "they cannot be corrected for.",
        "有{observations}条观测来自未经标注图片检验的检测模型：其误差未知，无法校正。",
        "Label a random sample of its pictures, so that its confusion table can be made.",
        "随机标注其部分图片，以建立混淆矩阵。",
    ),
    "detector_uncorrected": Words(
        "Nothing here corrects for animals that the detector missed or mistook for others.",
        "此处未对检测模型漏检或误判的动物进行校正。",
        "Use corrected counts, or confirm the observations by eye.",
        "使用校正计数，或人工确认观测。",
    ),
    "unsynchronised": Words(
        "{share:.0%} of the observations carry a time from a clock that was not synchronised: events and "
        "hours of activity may be wrong by its error.",
        "{share:.0%}的观测时间来自未同步的时钟：事件划分和活动时间可能有相应误差。",
        "Correct the camera's clock for the whole deployment on the review page.",
        "请在审核页面为整个布设校正相机时钟。",
    ),
    # verdict.of_newest
    "unmeasured_newest": Words(
        "At {cameras} of {of} cameras the newest record comes from a detector whose errors on labelled "
        "pictures are not known: they cannot be corrected for.",
        "{of}台相机中有{cameras}台的最新记录来自未经标注图片检验的检测模型：其误差未知，无法校正。",
        "Label a random sample of its pictures, so that its confusion table can be made.",
        "随机标注其部分图片，以建立混淆矩阵。",
    ),
    "unsynchronised_newest": Words(
        "At {cameras} of {of} cameras the clock of the newest record was not synchronised: events may fall "
        "out of the span, or into it, by its error.",
        "{of}台相机中有{cameras}台的最新记录来自未同步的时钟：事件可能因此误入或误出该时段。",
        "Correct the camera's clock for the whole deployment on the review page.",
        "请在审核页面为整个布设校正相机时钟。",
    ),
    "min_confidence": Words(
        "Observations below a confidence of {min_confidence:g} are left out. A high threshold trades false "
        "animals for missed ones; it does not mend either.",
        "置信度低于{min_confidence:g}的观测未计入。提高阈值只是用漏检换误检，并不能消除误差。",
        "Compare the number at two thresholds; if it changes much, use corrected counts.",
        "比较两个阈值下的结果；若差别大，请使用校正计数。",
    ),
    "photo_rate": Words(
        "A photo rate mixes how many animals there are with how much they move and how well cameras see them "
        "(Sollmann et al. 2013). Between species or habitats it does not compare abundance.",
        "拍摄率混合了动物数量、活动强度和相机的探测能力（Sollmann 等 2013），"
        "不能用于比较不同物种或生境间的多度。",
        "For numbers of animals, use a density method (encounter model, distance, capture-recapture).",
        "若需动物数量，请使用密度方法（随机相遇模型、距离取样、标记重捕）。",
    ),
    # methods.rate
    "no_events": Words(
        "Not seen in {camera_days:.1f} camera-days. Not seen is not absent: the upper bound says how common "
        "it may still be.",
        "在{camera_days:.1f}个相机日内未见到。未见到不等于不存在：上限表示其可能达到的水平。",
        "Look longer or at more places; occupancy tells absence from failure to detect.",
        "延长时间或增加位点；占有模型可区分不存在与未被探测。",
    ),
    "few_events": Words(
        "Only {events} independent events: the interval is wide (fewer than {least} give a relative error "
        "above 20 %).",
        "只有{events}次独立事件：区间很宽（少于{least}次时相对误差超过20%）。",
        "Look longer, at more places, or over a larger area.",
        "延长时间、增加位点或扩大区域。",
    ),
    "overdispersed": Words(
        "Cameras differ {dispersion:.1f} times as much as chance alone would make them. The interval was "
        "widened by the differences between cameras.",
        "相机之间的差异是随机波动的{dispersion:.1f}倍。区间已按相机间差异加宽。",
        "Add sites; or explain the differences with a covariate (occupancy, count-occupancy).",
        "增加位点，或用协变量解释差异（占有模型、计数占有模型）。",
    ),
    "no_events_to_compare": Words(
        "Not seen on either side in {camera_days:.1f} camera-days: there is nothing to compare.",
        "两侧在{camera_days:.1f}个相机日内均未见到：无从比较。",
        "Look longer or at more places.",
        "延长时间或增加位点。",
    ),
    "dispersion_unknown": Words(
        "With {cameras} camera(s) nobody can tell whether places differ: the interval takes for granted that "
        "they do not, and is likely too narrow.",
        "仅有{cameras}台相机，无法判断地点间是否有差异：区间假定没有差异，很可能过窄。",
        "Put up more cameras.",
        "增设相机。",
    ),
}
