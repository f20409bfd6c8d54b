"""What the methods that count say: histories, networks of cameras, roosts, trends, accumulation, corrected
counts."""

from __future__ import annotations

from fieldwatch_cloud.counts.words import Words

WORDS: dict[str, Words] = {
    # methods.detection_history
    "detections_without_effort": Words(
        "{detections} detections fall into occasions with no effort, or with too little to count as a visit. "
        "They stay out of the history: keeping them would keep successes only.",
        "有{detections}次探测落在没有工作量或工作量不足的时段内，未计入探测历史：否则只会保留成功的探测。",
        "Wait for the heartbeats of these cameras, or choose other occasions or a lower least effort.",
        "等待这些相机的心跳数据，或调整调查时段的长度、降低最小工作量。",
    ),
    # methods.simultaneous
    "network_gaps": Words(
        "{share:.0%} of the cameras' time steps were not looked at: more may have been there.",
        "相机网络中有{share:.0%}的时间步没有观测：该数字更应视为最低数量。",
        "Use a time at which all cameras looked.",
        "选用所有相机同时工作的时段。",
    ),
    "one_camera_network": Words(
        "With one camera the simultaneous count is its MaxN.",
        "只有一台相机时，同步计数即为该相机的MaxN。",
        "Synchronise further cameras.",
        "增加同步相机。",
    ),
    # methods.trend, methods.growth
    "few_periods": Words(
        "A trend over {periods} periods: with fewer than {least} a run of good or bad years passes for one.",
        "趋势仅基于{periods}个时期：少于{least}个时，几个好年或坏年就可能被当成趋势。",
        "Wait for more periods, or use shorter ones (months or seasons of each year compared alike).",
        "等待更多时期的数据，或使用更短的时期（逐年比较相同的月份或季节）。",
    ),
    "no_repeat_visits": Words(
        "{once} of {sites} sites were visited in one period only: they say nothing about change.",
        "{sites}个位点中有{once}个只在一个时期被调查：它们不提供变化信息。",
        "Return to the same sites.",
        "在相同位点重复调查。",
    ),
    "mostly_imputed": Words(
        "{share:.0%} of the counts are missing, and the model fills them in: the index rests on its "
        "assumptions more than on counts.",
        "有{share:.0%}的计数缺失并由模型补全：指数更多依赖模型假设而非实际计数。",
        "Visit the sites every period, or leave out those that were hardly visited.",
        "每个时期都调查各位点，或排除很少调查的位点。",
    ),
    "one_site_dominates": Words(
        "One site has {share:.0%} of all that was counted: the trend is nearly that site's alone.",
        "一个位点占全部计数的{share:.0%}：该趋势几乎只反映这个位点。",
        "Compare the trend with and without it.",
        "比较包含与不含该位点的趋势。",
    ),
    "trend_overdispersed": Words(
        "Counts vary {dispersion:.1f} times as much as chance would have them; the errors include it.",
        "计数的变异是随机波动的{dispersion:.1f}倍；误差已相应加宽。",
        "",
        "",
    ),
    "variance_grows": Words(
        "Large counts stray further from the model than small ones do for their size. The interval of the "
        "trend was widened by the differences between sites; that of the index was not.",
        "大数值的计数偏离模型的程度超出其应有范围。趋势的区间已按位点间差异加宽，指数的区间没有。",
        "Leave out single extreme counts to see what hangs on them; add sites.",
        "去掉个别极端计数以检验其影响；增加位点。",
    ),
    "trend_too_certain": Words(
        "Counts vary {dispersion:.1f} times as much as the model allows: its errors are too small, and a "
        "trend may be chance.",
        "计数的变异是模型允许的{dispersion:.1f}倍：误差被低估，趋势可能只是偶然。",
        "Fit it with overdispersion and serial correlation.",
        "请在模型中估计过度离散和序列相关。",
    ),
    "sites_never_seen": Words(
        "{sites} sites without a single animal are left out: they have no share in any change of the index.",
        "有{sites}个位点从未见到该动物，已排除：它们不影响指数的变化。",
        "",
        "",
    ),
    # methods.misidentification
    "few_labelled": Words(
        "Only {labelled} labelled animals tell how the model errs on it; {least} or more are advised.",
        "仅有{labelled}个标注个体用于估计模型对该类群的误差；建议至少{least}个。",
        "Label more of its pictures.",
        "标注更多该类群的图片。",
    ),
    "classes_never_labelled": Words(
        "Of {classes} no animal was labelled, and none was counted: nothing can be said of them.",
        "{classes}没有标注个体，也没有计数：无法给出结论。",
        "Label pictures of them, if they live here.",
        "若本地有这些类群，请标注其图片。",
    ),
    "confused_classes": Words(
        "The model confuses some classes so much that the correction magnifies errors {condition:.0f} times.",
        "模型对某些类别混淆严重，校正会把误差放大{condition:.0f}倍。",
        "Merge the classes that it confuses, or have people check their pictures.",
        "合并易混淆的类别，或由人工核对其图片。",
    ),
    "naive_off": Words(
        "The classifier said {naive:.4g}; corrected for its errors it is {mean:.4g}.",
        "模型计数为{naive:.4g}，校正误差后为{mean:.4g}。",
        "",
        "",
    ),
    "corrected_to_zero": Words(
        "All that was counted can be explained by other classes taken for it: the estimate lies at zero.",
        "全部计数都可能是其他类别的误判：估计值为零。",
        "Have people check its pictures: one sure picture settles it.",
        "人工核对其图片：一张确定的图片即可判断。",
    ),
    "invented_left_in": Words(
        "On labelled pictures the model found {boxes} animals where nothing was; how many pictures were "
        "looked at in the field is unknown, so such animals are still among those counted here.",
        "模型在标注图片的空处检出了{boxes}个“动物”；因不知野外审看的图片数，此处的结果仍含此类误检。",
        "Look through these pictures on the review page: what is marked as empty no longer counts.",
        "请在审核页面核对这些图片：标记为空的不再计入。",
    ),
    "validation_like_field": Words(
        "The correction takes the {labelled} labelled animals to be seen as those in the field are: same "
        "places, light, distances.",
        "校正假定{labelled}个标注个体与野外情况相同：地点、光照、距离一致。",
        "Label a random sample of this reserve's own pictures.",
        "随机标注本保护区自己的图片。",
    ),
    # methods.accumulation
    "chao2_least": Words(
        "The estimated number of species is a least number: species too rare to be met have no part in it.",
        "估计的物种数是下限：极稀有而未遇见的物种不在其中。",
        "",
        "",
    ),
    "few_samples": Words(
        "Only {samples} samples; {least} or more are advised for a number of species.",
        "仅有{samples}个样本；估计物种数建议至少{least}个。",
        "Add sites; species differ between places more than between days.",
        "增加位点；物种在地点间的差异大于日间差异。",
    ),
    "no_species": Words(
        "No species was seen in {samples} samples: how many there are cannot be told.",
        "{samples}个样本中未见任何物种：无法推断物种数。",
        "Look longer or at more places.",
        "延长时间或增加位点。",
    ),
    "incomplete": Words(
        "The sampling covers {coverage:.0%} of what there is to be met; the rest is of species not seen.",
        "抽样覆盖度为{coverage:.0%}：其余属于尚未见到的物种。",
        "Look longer; compare areas at equal coverage, not at equal effort.",
        "延长调查；在相同覆盖度而非相同工作量下比较各区域。",
    ),
    "mostly_uniques": Words(
        "{share:.0%} of the species were seen in one sample only: the estimated number may be far too low.",
        "{share:.0%}的物种只在一个样本中出现：估计的物种数可能严重偏低。",
        "Look longer; check these sightings by eye, as each wrong name makes a species.",
        "延长调查；人工核对这些记录，因为每个误判都会多出一个物种。",
    ),
    "uneven_samples": Words(
        "The samples differ much in effort (coefficient of variation {cv:.0%}), and are treated as alike.",
        "各样本的工作量差异大（变异系数{cv:.0%}），而方法将其视为相同。",
        "Take camera-days as samples.",
        "以相机日作为样本。",
    ),
    # methods.roost
    "nights_missing": Words(
        "{missing} of {nights} nights were not looked at: they are gaps, not empty roosts.",
        "{nights}个夜晚中有{missing}个没有观测：这是空缺，不是无鸟。",
        "Keep the camera running; do not join the series over the gaps.",
        "保持相机运行；不要跨空缺连接序列。",
    ),
    "recall_unknown": Words(
        "How many animals the detector misses at such scenes is not known: the count is a least number, "
        "without an upper bound.",
        "检测模型在此类场景中的漏检率未知：计数是下限，没有上限。",
        "Count some of the pictures by eye, and enter how many were there.",
        "人工清点部分图片，并录入实际数量。",
    ),
    "recall_uncertain": Words(
        "Only {there} labelled animals say how many the detector misses; {least} or more are advised.",
        "仅有{there}个标注个体用于估计漏检率；建议至少{least}个。",
        "Label more pictures of such scenes.",
        "标注更多此类场景的图片。",
    ),
    "noisy_maximum": Words(
        "The largest of many frames picks those in which the detector happened to see most: corrected for "
        "recall, it lies above what was there.",
        "多帧中的最大值会挑出恰好检出最多的一帧：经召回率校正后会偏高。",
        "Average {least} frames in a row or more before taking the largest (window; it is {window}).",
        "取最大值前先平均至少{least}个连续帧（窗口，当前为{window}）。",
    ),
    "mostly_turnover": Words(
        "{arrivals} came and {departures} left: the difference is small against both, and mostly error.",
        "到达{arrivals}只、离开{departures}只：差值相对很小，主要是误差。",
        "Count at a time when animals go one way only.",
        "在动物单向移动的时段计数。",
    ),
}
