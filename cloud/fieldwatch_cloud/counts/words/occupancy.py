"""What may be said of models with a hidden state at each site: occupancy and abundance."""

from __future__ import annotations

from fieldwatch_cloud.counts.words import Words

WORDS: dict[str, Words] = {
    # site_visits.data_findings
    "model_few_sites": Words(
        "The model rests on {sites} sites; {least} or more are advised. With few sites the estimate is "
        "biased, and its interval too narrow.",
        "模型仅基于{sites}个位点，建议至少{least}个。位点太少时估计值有偏，置信区间过窄。",
        "Add sites; more visits to the same sites help less.",
        "增加位点；在原有位点增加调查次数作用较小。",
    ),
    "model_no_repeats": Words(
        "No site was visited twice: absence and being missed cannot be told apart, so there is no estimate.",
        "没有任何位点被重复调查：无法区分“没有”与“未发现”，因此没有估计值。",
        "Cut the span into several visits (days or weeks), or let the cameras run longer.",
        "把时段划分为多次调查（按天或按周），或延长相机工作时间。",
    ),
    "model_no_detections": Words(
        "The species was not seen at any of the {sites} sites. That is not zero: it may be there and "
        "missed, and no model can say how often.",
        "在全部{sites}个位点均未发现该物种。这不等于没有：它可能存在而未被发现，任何模型都无法说明其可能性。",
        "Use the rate per 100 camera-days, whose upper limit still holds; look longer, or at more places.",
        "可使用每100相机日的拍摄率（其上限仍然有效）；延长调查时间或增加位点。",
    ),
    "model_few_detections": Words(
        "The species was seen at {detected} sites; {least} or more are needed for the coefficients that "
        "were asked for.",
        "该物种仅在{detected}个位点被发现；对于所请求的系数，至少需要{least}个。",
        "Drop covariates, pool seasons, or add sites.",
        "减少协变量、合并季节或增加位点。",
    ),
    "model_seen_nearly_nowhere": Words(
        "The species was seen at {detected} of {sites} sites only: nearly all of the estimate comes from "
        "the model, hardly any from the data.",
        "该物种仅在{sites}个位点中的{detected}个被发现：估计值主要来自模型，而不是数据。",
        "Look longer, or at more places.",
        "延长调查时间或增加位点。",
    ),
    "model_seen_nearly_everywhere": Words(
        "The species was seen at {detected} of {sites} sites: occupancy is nearly full, and cannot show "
        "changes upwards.",
        "该物种在{sites}个位点中的{detected}个被发现：占有率接近饱和，无法反映进一步的上升。",
        "Use abundance (Royle-Nichols, counts) instead, or smaller sites.",
        "改用多度模型（Royle-Nichols 或计数模型），或缩小位点范围。",
    ),
    # site_visits.detection_findings
    "model_low_detection": Words(
        "Over all {visits:.1f} visits, an occupied site shows the species with a chance of "
        "{cumulative:.0%} ({p:.2f} a visit); below {least:.0%} estimates scatter, and run to 1.",
        "平均"
        "{visits:.1f}次调查中，被占据位点至少发现一次的概率为{cumulative:.0%}（每次{p:.2f}）；低于{least:.0%}时估计值不稳定，并趋向于1。",
        "More visits to each site, longer ones, or baitless places with better view.",
        "增加每个位点的调查次数或时长，或选择视野更好的位置。",
    ),
    "model_low_detection_many_visits": Words(
        "One visit finds the species with a chance of {p:.2f} only; its {visits:.0f} visits make up for "
        "it ({cumulative:.0%}).",
        "单次调查发现该物种的概率仅为{p:.2f}；{visits:.0f}次调查弥补了这一点（{cumulative:.0%}）。",
        "Longer visits (say weeks instead of days) make the estimate steadier.",
        "延长单次调查（如以周代替天）可使估计更稳定。",
    ),
    # site_visits.edge_findings
    "model_at_edge": Words(
        "The estimate of {part} lies at the edge ({value:.3f}): the data set no limit on that side, "
        "standard errors there mean nothing.",
        "{part}的估计值位于边界（{value:.3f}）：数据在该侧没有约束，其标准误没有意义。",
        "Drop covariates, or add sites and visits; give the interval, not the number.",
        "减少协变量或增加位点与调查次数；报告区间而不是单一数值。",
    ),
    "model_not_identified": Words(
        "The data do not determine this model: several answers fit equally well.",
        "数据不足以确定该模型：多组参数拟合得同样好。",
        "Drop covariates, or take a simpler model.",
        "减少协变量，或采用更简单的模型。",
    ),
    # site_visits.dependence_findings
    "model_heterogeneity": Words(
        "Occupied sites differ in how often the species is found, beyond the model (z = {z:.1f}): "
        "occupancy is too low, its interval too narrow.",
        "被占据位点之间的发现率差异超出模型所能解释（z = {z:.1f}）：占有率被低估，置信区间过窄。",
        "Give covariates to detection, or use Royle-Nichols, which reads the difference as abundance.",
        "为发现率加入协变量，或使用把这种差异解释为多度的 Royle-Nichols 模型。",
    ),
    "model_trend": Words(
        "Detection rises or falls through the season (z = {z:.1f}): animals may be arriving or leaving, "
        "then “occupied” means “at some time”.",
        "季节内发现率持续上升或下降（z = "
        "{z:.1f}）：动物可能正在迁入或迁出，此时“被占据”意为“某段时间被占据”。",
        "Take a shorter season, give the date as a covariate, or use dynamic occupancy.",
        "缩短季节、以日期作为协变量，或使用动态占有模型。",
    ),
    "model_runs": Words(
        "Detections follow each other (z = {z:.1f}): visits are no independent draws, or animals come "
        "for a while and leave. The interval is too narrow.",
        "发现记录成串出现（z = {z:.1f}）：各次调查并非相互独立，或动物短暂停留后离开。置信区间过窄。",
        "Take longer visits (weeks instead of days), or leave gaps between them.",
        "采用更长的调查单元（以周代替天），或在调查之间留出间隔。",
    ),
    # occupancy_goodness
    "occupancy_poor_fit": Words(
        "The model does not describe the detection histories (c-hat = {c_hat:.2f}, chance {chance:.3f}): "
        "standard errors are too small by the square root of c-hat.",
        "模型不能很好地描述发现历史（c-hat = {c_hat:.2f}，概率{chance:.3f}）：标准误应乘以 c-hat 的平方根。",
        "Add covariates, look at what else the verdict names, or widen the intervals by that factor.",
        "加入协变量，参考其他提示，或按该系数放宽区间。",
    ),
    # abundance, royle_nichols, n_mixture
    "abundance_k_small": Words(
        "The sum over possible numbers of animals stops too early, at {k}: log-likelihood would change "
        "by {gained:.3g}.",
        "对可能个体数的求和过早截止于{k}：对数似然将变化{gained:.3g}。",
        "Leave K to the program.",
        "不要指定 K，由程序自动选择。",
    ),
    "abundance_unbounded": Words(
        "The data hold no finite estimate: visits to a site do not agree more than chance would have "
        "them, and ever more animals fit ever better.",
        "数据不存在有限的估计值：同一位点各次计数的一致性不高于随机，个体数越大拟合越好。",
        "Do not publish this number. Use the rate or occupancy, or count more often.",
        "不要发表该数值。请使用拍摄率或占有率，或增加计数次数。",
    ),
    "abundance_overdispersed": Words(
        "Sites differ more than the model allows (z = {z:.1f}), in abundance or in detection; the data "
        "cannot say which. The number is uncertain beyond its interval.",
        "位点间差异超出模型允许的范围（z = "
        "{z:.1f}），可能源于多度或发现率，数据无法区分。实际不确定性大于所给区间。",
        "Give covariates to abundance; compare with the negative binomial, and with occupancy.",
        "为多度加入协变量；与负二项模型及占有模型的结果比较。",
    ),
    "abundance_counts_scatter": Words(
        "Counts at one site scatter more than independent animals would (z = {z:.1f}): groups, or days "
        "that differ. Abundance is then too high, and its interval too narrow.",
        "同一位点的计数波动大于个体独立时的预期（z = "
        "{z:.1f}）：可能因为成群活动或各日条件不同。此时多度被高估，区间过窄。",
        "Give covariates to detection (weather, effort), count groups, or use distance sampling.",
        "为发现率加入协变量（天气、工作量），以群为单位计数，或使用距离取样法。",
    ),
    "abundance_by_mixture_alone": Words(
        "Nothing but the model tells many animals seen rarely from few seen often. Take the number as an "
        "index, unless another method confirms it.",
        "“个体多而少见”与“个体少而常见”仅由模型假设区分。除非有其他方法佐证，应将该数值视为指数。",
        "Marked animals, distance sampling or capture-recapture give the scale.",
        "个体标记、距离取样或捕获-重捕法可以确定其绝对尺度。",
    ),
    "abundance_negative_binomial": Words(
        "The negative binomial fits nearly anything, often with far too many animals: a better AIC is no "
        "argument for its number.",
        "负二项模型几乎能拟合任何数据，但常给出过高的个体数：AIC 更优并不能证明其数值可信。",
        "Compare with the Poisson answer; where they differ much, believe neither.",
        "与泊松模型的结果比较；若相差很大，两者都不可信。",
    ),
    "abundance_mixture_idle": Words(
        "The data do not ask for the {mixture} mixture: its further coefficient vanished, the Poisson "
        "answer is given.",
        "数据不支持所选的混合分布（{mixture}）：其附加参数消失，给出的是泊松模型的结果。",
        "",
        "",
    ),
    # count_occupancy
    "count_low_encounter": Words(
        "With this effort an occupied site shows the species with a chance of {cumulative:.0%}; below "
        "{least:.0%} estimates scatter.",
        "在该工作量下，被占据位点至少记录到一次的概率为{cumulative:.0%}；低于{least:.0%}时估计值不稳定。",
        "Let the cameras run longer.",
        "延长相机工作时间。",
    ),
    "count_sites_differ": Words(
        "Occupied sites differ in their encounter rate, beyond the model (z = {z:.1f}): occupancy is too "
        "low, its interval too narrow.",
        "被占据位点之间的相遇率差异超出模型所能解释（z = {z:.1f}）：占有率被低估，置信区间过窄。",
        "Give covariates to the rate, or use occupancy of detections and non-detections.",
        "为相遇率加入协变量，或改用“发现/未发现”的占有模型。",
    ),
    "count_bursts": Words(
        "The counts of single visits scatter more than a steady rate would have them (z = {z:.1f}): "
        "encounters come in bursts. The interval is too narrow.",
        "单次调查的计数波动大于匀速相遇时的预期（z = {z:.1f}）：相遇记录成批出现，置信区间过窄。",
        "Use a longer interval between events, or occupancy of detections and non-detections.",
        "加大独立事件的时间间隔，或改用“发现/未发现”的占有模型。",
    ),
    # dynamic_occupancy
    "dynamic_few_colonisations": Words(
        "The data hold about {events:.1f} colonisations; {least} or more are advised for that rate.",
        "数据中约有{events:.1f}次定殖；估计该比率建议至少{least}次。",
        "More seasons or sites; do not give this rate covariates.",
        "增加季节或位点；不要为该比率加入协变量。",
    ),
    "dynamic_few_extinctions": Words(
        "The data hold about {events:.1f} local extinctions; {least} or more are advised for that rate.",
        "数据中约有{events:.1f}次局部消失；估计该比率建议至少{least}次。",
        "More seasons or sites; do not give this rate covariates.",
        "增加季节或位点；不要为该比率加入协变量。",
    ),
    "dynamic_detection_changes": Words(
        "Detection changes from season to season (z = {z:.1f}): a change of occupancy may be one of "
        "detection.",
        "各季节之间发现率发生变化（z = {z:.1f}）：占有率的变化可能只是发现率的变化。",
        "Give time, or the effort of the visits, as a covariate of detection.",
        "以时间或各次调查的工作量作为发现率的协变量。",
    ),
    # false_positive_occupancy
    "false_no_certain": Words(
        "No detection is certain: which of both kinds of site is the occupied one is an assumption, that "
        "the species is found more often than mistaken.",
        "没有任何确证的记录：哪一类位点被占据取决于一个假设，即正确识别比误认更常见。",
        "Confirm a sample of pictures by eye, or use the detector's counted mistakes.",
        "人工确认一部分照片，或使用检测器已统计的误判。",
    ),
    "false_few_certain": Words(
        "Only {certain} detections are certain; {least} or more are advised.",
        "仅有{certain}条确证记录；建议至少{least}条。",
        "Confirm more pictures by eye.",
        "人工确认更多照片。",
    ),
    "false_more_than_right": Words(
        "Mistakes ({false:.2f} a visit) outnumber right detections ({right:.2f}): the estimate rests on "
        "nothing.",
        "误判（每次{false:.2f}）多于正确识别（{right:.2f}）：估计值没有依据。",
        "Raise the confidence threshold, confirm pictures by eye, or use a better model.",
        "提高置信度阈值、人工确认照片，或使用更好的模型。",
    ),
    "false_known_from_few": Words(
        "How often {name} is mistaken is known from {mistakes} mistakes in {trials} only: the correction "
        "is itself uncertain by more than half (the interval says so).",
        "“"
        "{name}”被误认的频率仅来自{trials}次中的{mistakes}次误判：校正本身的不确定性超过一半（已计入区间）。",
        "Label more pictures of it.",
        "标注更多该类照片。",
    ),
    "false_known_disagrees": Words(
        "The field does not agree with the mistakes counted on labelled pictures (z = {z:.1f}): the "
        "detector errs more, or less, here.",
        "野外数据与标注照片上统计的误判不一致（z = {z:.1f}）：检测器在此处的误差更多或更少。",
        "Label pictures from these very cameras, and count its mistakes there.",
        "标注来自这些相机的照片，并据此统计误判。",
    ),
    "false_correction_matters": Words(
        "Without correction for mistakes, occupancy would be {naive:.2f} instead of {corrected:.2f}.",
        "若不校正误判，占有率将为{naive:.2f}，而不是{corrected:.2f}。",
        "",
        "",
    ),
}
