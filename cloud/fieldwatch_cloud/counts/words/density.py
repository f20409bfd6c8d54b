"""What is said of activity, speed, and the methods that estimate densities."""

from __future__ import annotations

from fieldwatch_cloud.counts.words import Words

WORDS: dict[str, Words] = {
    # methods.activity, methods.overlap
    "activity_too_few": Words(
        "{records} records are too few for an activity level: below {least} it jumps from sample to sample, "
        "and its interval is too narrow.",
        "仅有{records}条独立记录，不足以估计活动水平：少于{least}条时结果很不稳定，置信区间也偏窄。",
        "Pool months, areas or years with like day length until there are 100 records.",
        "合并昼长相近的月份、区域或年份，使记录达到100条。",
    ),
    "activity_few": Words(
        "The activity level rests on {records} records; below about {enough} it is somewhat too high or low.",
        "活动水平基于{records}条记录；少于约{enough}条时估计略有偏差。",
        "Add records by a longer span before the number goes into a density.",
        "延长时段增加记录，再用于密度估计。",
    ),
    "times_rounded": Words(
        "{percent} % of the records are at a full or half hour, 1 in 30 would be by chance: times look "
        "rounded, or come from time-lapse pictures.",
        "{percent}%的记录恰在整点或半点，随机情况下约为三十分之一：时间可能经过取整，或来自定时拍摄。",
        "Leave out time-lapse pictures, and see whether the clocks were set by hand.",
        "剔除定时拍摄的照片，并检查相机时钟是否为手工设置。",
    ),
    "overlap_too_few": Words(
        "The smaller sample has {records} records: below {least} no estimator of overlap is of use.",
        "较小的样本只有{records}条记录：少于{least}条时，任何重叠度估计都没有意义。",
        "Pool more months or areas for the rarer of the two.",
        "为记录较少的一方合并更多月份或区域。",
    ),
    "overlap_few": Words(
        "The smaller sample has {records} records, fewer than {enough}: Dhat1 is given, which suits small "
        "samples, and the interval is wide.",
        "较小的样本有{records}条记录，少于{enough}条：已采用适合小样本的Dhat1，置信区间较宽。",
        "Pool more months or areas for the rarer of the two.",
        "为记录较少的一方合并更多月份或区域。",
    ),
    # methods.speed
    "speed_too_few": Words(
        "{passages} measured passages are too few for a speed: {least} at least.",
        "仅有{passages}次测速记录，不足以估计速度：至少需要{least}次。",
        "Measure more passages, or take the day range from telemetry of the same population and season.",
        "测量更多过境片段，或采用同一种群、同一季节的遥测日移动距离。",
    ),
    "speed_few": Words(
        "The speed rests on {passages} passages, fewer than {enough}: its interval is a rough one.",
        "速度基于{passages}次过境，少于{enough}次：置信区间较粗略。",
        "Measure more passages.",
        "测量更多过境片段。",
    ),
    "speed_slowest_rules": Words(
        "One slow passage makes {percent} % of the harmonic mean: it may be an animal that stood still, not "
        "one that moved.",
        "一次极慢的过境占调和平均数的{percent}%：该动物可能是停留而非移动。",
        "Look at the slowest records: pauses belong to the activity level, not to speed.",
        "检查最慢的记录：停留应计入活动水平，而不是速度。",
    ),
    "speed_poor_fit": Words(
        "The speeds do not follow a {model} distribution (chance {chance}): gaits may be mixed.",
        "速度不服从{model}分布（概率{chance}）：可能混合了行走与奔跑。",
        "Compare with the harmonic mean, or estimate each behaviour by itself (Palencia et al. 2021).",
        "与调和平均数比较，或分行为分别估计（Palencia等，2021）。",
    ),
    "speed_means_differ": Words(
        "The harmonic mean is {harmonic} m/s, the fitted distribution's mean {fitted} m/s.",
        "调和平均速度为{harmonic}米/秒，拟合分布的均值为{fitted}米/秒。",
        "Give both; the density changes in proportion.",
        "请同时报告两者；密度会按比例变化。",
    ),
    # all densities
    "density_no_encounters": Words(
        "Cameras looked, and no animal was seen: the density cannot be told from 0, nor from a small one.",
        "相机在工作但没有记录到动物：无法区分密度为零还是很低。",
        "Ask for a longer span, or use occupancy.",
        "延长时段，或改用占有模型。",
    ),
    "density_imprecise": Words(
        "The coefficient of variation is {percent} %: the density tells little more than an order of "
        "magnitude, and no trend.",
        "变异系数为{percent}%：该密度只能说明数量级，不能用于判断趋势。",
        "Add cameras; more days at the same cameras help less.",
        "增加相机数量；在原有相机延长时间作用较小。",
    ),
    "density_not_converged": Words(
        "The fit did not settle on one answer: the data cannot tell the model's parts apart.",
        "模型拟合未收敛：数据无法区分模型的各个参数。",
        "Add data, or take a simpler model.",
        "增加数据，或使用更简单的模型。",
    ),
    "parts_without_error": Words(
        "Taken as known exactly, without error: {parts}. The interval is too narrow by what they are off.",
        "以下参数被当作精确值、未计误差：{parts}。因此置信区间偏窄。",
        "Enter their standard errors, from calibration in the field.",
        "请输入野外标定得到的标准误。",
    ),
    # methods.encounter
    "rem_too_few": Words(
        "{encounters} encounters at {cameras} cameras: with fewer than {least} of either, the spread between "
        "cameras is a guess.",
        "{cameras}台相机共{encounters}次相遇：任一少于{least}时，相机间差异无从估计。",
        "Use at least 60 cameras, at random places.",
        "至少使用60台相机，随机布点。",
    ),
    "rem_few_cameras": Words(
        "{cameras} cameras; a coefficient of variation below 20 % takes {enough} (Palencia et al. 2022).",
        "共{cameras}台相机；变异系数低于20%约需{enough}台（Palencia等，2022）。",
        "Add cameras, or move those that there are to new random places half-way.",
        "增加相机，或在中途将现有相机移到新的随机位点。",
    ),
    "encounters_uneven": Words(
        "Cameras differ much: the encounters' variance is {times} times that of pure chance. Places on "
        "trails, at water or bait make the density too high.",
        "相机间差异很大：相遇次数的方差是随机情况的{times}倍。位于兽道、水源或诱饵处的相机会使密度偏高。",
        "Leave out cameras that were aimed at trails or bait; place them at random.",
        "剔除对准兽道或诱饵的相机；采用随机布点。",
    ),
    "rem_day_range": Words(
        "A day range that is 10 % too small makes the density 11 % too high; it is the random encounter "
        "model's commonest fault (Palencia et al. 2022). The detector's false alarms go into the density "
        "one by one.",
        "日移动距离低估10%，密度就高估11%；这是随机相遇模型最常见的问题（Palencia等，2022）。识别误报也会直接进入密度。",
        "Take speed and activity from the same place and season, and confirm encounters by eye.",
        "采用同一地点和季节的速度与活动水平，并人工核实相遇记录。",
    ),
    "rem_day_range_rules": Words(
        "{percent} % of the density's variance comes from the day range (speed and activity), not from the "
        "cameras.",
        "密度方差的{percent}%来自日移动距离（速度与活动水平），而非相机。",
        "Measure more speeds, and collect more records for the activity level.",
        "测量更多速度，并为活动水平积累更多记录。",
    ),
    # methods.distance
    "distance_too_few": Words(
        "{distances} distances are too few for a detection function: {least} to 80 at least.",
        "仅有{distances}个距离，不足以拟合探测函数：至少需要{least}至80个。",
        "Pool seasons or species of like size for the detection function, or measure more.",
        "合并季节或体型相近的物种来拟合探测函数，或测量更多距离。",
    ),
    "distance_few": Words(
        "The detection function rests on {distances} distances, fewer than {enough}.",
        "探测函数基于{distances}个距离，少于{enough}个。",
        "Measure more distances.",
        "测量更多距离。",
    ),
    "distance_few_cameras": Words(
        "{cameras} cameras: with fewer than {least} the variance between them is a guess.",
        "共{cameras}台相机：少于{least}台时，相机间方差无从估计。",
        "Use 20 cameras or more, at random or on a random grid.",
        "使用20台以上相机，随机或按随机网格布点。",
    ),
    "distance_one_camera": Words(
        "One camera has {percent} % of all distances: the density is nearly that camera's alone.",
        "一台相机占全部距离的{percent}%：密度几乎只由它决定。",
        "See what drew animals there; add cameras.",
        "查明该处吸引动物的原因；增加相机。",
    ),
    "distance_poor_fit": Words(
        "The detection function does not follow the distances (chance {chance}).",
        "探测函数与距离分布不符（概率{chance}）。",
        "Look at the plot: truncate on the left where animals react to the camera, on the right where few "
        "remain; or choose other bands.",
        "查看图形：在动物对相机有反应的近处左截断，在记录稀少的远处右截断；或调整距离分组。",
    ),
    "distance_avoided": Words(
        "{percent} % of the animals expected in the nearest band (from {left} m) are missing: they see the "
        "camera and turn aside, or pass below its view.",
        "最近距离段（自{left}米起）缺少预期数量的{percent}%：动物可能发现并避开相机，或从视野下方通过。",
        "Truncate on the left at the far end of that band.",
        "在该距离段的远端进行左截断。",
    ),
    "distance_all_active": Words(
        "No activity level was given: the density holds if every animal was on the move and in the open "
        "whenever the cameras looked.",
        "未提供活动水平：只有在相机工作的时段内所有动物都在活动，该密度才成立。",
        "Give the activity level, or analyse the hours of peak activity only.",
        "提供活动水平，或只分析活动高峰时段。",
    ),
    # methods.to_event
    "events_too_few": Words(
        "{events} events are too few for a density: with fewer than {least} it may be off by half.",
        "仅有{events}次事件，不足以估计密度：少于{least}次时可能相差一倍。",
        "Use more occasions or moments, or more cameras.",
        "增加时段或瞬间数，或增加相机。",
    ),
    "events_few": Words(
        "The density rests on {events} events, fewer than {enough}: its interval is wide.",
        "密度基于{events}次事件，少于{enough}次：置信区间较宽。",
        "Use more occasions or moments, or more cameras.",
        "增加时段或瞬间数，或增加相机。",
    ),
    "event_few_cameras": Words(
        "{cameras} cameras: with fewer than {least} it cannot be told how places differ, and the interval is "
        "as wide as that makes it.",
        "共{cameras}台相机：少于{least}台时无法得知各地点差异，置信区间因此较宽。",
        "Add cameras at random places.",
        "在随机位点增加相机。",
    ),
    "events_not_independent": Words(
        "Events vary {times} times as much as independent ones: animals linger or go in groups, or cameras "
        "stand where animals gather.",
        "事件的方差是独立情况的{times}倍：动物停留、成群活动，或相机位于动物聚集处。",
        "Set occasions further apart, count groups and multiply by their size, or place cameras at random.",
        "加大时段间隔，以群为单位计数再乘以群大小，或随机布点。",
    ),
    "moments_too_close": Words(
        "{percent} % of the animals in view are still there at the next moment: moments are not independent, "
        "and the interval is too narrow.",
        "视野中{percent}%的动物在下一瞬间仍在原处：各瞬间并不独立，置信区间偏窄。",
        "Set moments further apart.",
        "加大瞬间之间的间隔。",
    ),
    "events_saturate": Words(
        "{percent} % of occasions end with an event: what follows the first one is lost.",
        "{percent}%的时段以事件结束：第一次之后的信息全部丢失。",
        "Take shorter occasions, or instantaneous sampling.",
        "缩短时段，或改用瞬时抽样。",
    ),
    "views_measured": Words(
        "The density goes with one over the area of the cameras' views: every animal within is taken as "
        "detected.",
        "密度与相机视野面积成反比：视野内的动物被视为全部被探测到。",
        "Measure how far the animal sets off each camera, and use the effective area.",
        "测量动物触发每台相机的距离，并使用有效面积。",
    ),
    # methods.capture_recapture
    "scr_no_recaptures": Words(
        "{animals} animals, {again} of them found again at another trap: without that nothing tells how far "
        "they range.",
        "共识别{animals}个个体，其中在其他相机再次出现{again}次：缺少再捕则无法得知活动范围。",
        "Add sessions, or put the cameras closer together.",
        "增加调查期，或缩小相机间距。",
    ),
    "scr_too_few_recaptures": Words(
        "{again} recaptures at other traps: fewer than {least} leave sigma, and the density with it, to "
        "chance.",
        "在其他相机的再捕仅{again}次：少于{least}次时，sigma及密度主要取决于偶然。",
        "Add occasions or cameras until there are 20 or more.",
        "增加时段或相机，使其达到20次以上。",
    ),
    "scr_few_recaptures": Words(
        "{again} recaptures at other traps; about {enough} are asked for.",
        "在其他相机的再捕为{again}次；一般要求约{enough}次。",
        "Add occasions or cameras.",
        "增加时段或相机。",
    ),
    "scr_few_animals": Words(
        "{animals} animals were told apart; with fewer than {least} the interval is too narrow.",
        "共识别{animals}个个体；少于{least}个时置信区间偏窄。",
        "Cover a larger area.",
        "扩大调查范围。",
    ),
    "scr_traps_apart": Words(
        "Traps stand {sigmas} sigma apart; beyond {most} few animals meet two of them, and the density is "
        "biased.",
        "相机间距为{sigmas}个sigma；超过{most}个sigma时很少有个体经过两台相机，密度有偏。",
        "Put traps closer, or in clusters.",
        "缩小间距，或成簇布设。",
    ),
    "scr_array_small": Words(
        "The traps span {metres} m, less than one home range ({range} m): sigma comes out too small, and the "
        "density too high.",
        "相机阵列跨度{metres}米，小于一个家域（{range}米）：sigma偏小，密度偏高。",
        "Spread the traps over several home ranges.",
        "将相机布设到数个家域的范围。",
    ),
    "scr_mask_narrow": Words(
        "The mask ends {sigmas} sigma from the traps: animals that live further out were caught too, so the "
        "density is too high.",
        "生境掩膜只延伸到相机外{sigmas}个sigma：更远的个体也可能被拍到，密度因此偏高。",
        "Widen it to four sigma (at least {least}).",
        "扩展到四个sigma（至少{least}个）。",
    ),
    "scr_mask_coarse": Words(
        "The mask's cells of {spacing} m are wider than sigma: the sum over them is no integral.",
        "掩膜网格边长{spacing}米，大于sigma：无法近似积分。",
        "Use cells of 0.6 sigma or less.",
        "使用不大于0.6个sigma的网格。",
    ),
    "scr_singles": Words(
        "{percent} % of the animals have one single record: misread marks make such ghosts, and the density "
        "too high.",
        "{percent}%的个体只有一条记录：斑纹误认会产生这样的“幽灵个体”，使密度偏高。",
        "Have a second person identify them; leave out pictures that show one flank only.",
        "由第二人复核识别；剔除只拍到单侧的照片。",
    ),
}
