"""What estimates say of the data that they were given, beside what each method finds."""

from fieldwatch_cloud.counts.words import Words

WORDS = {
    "periods_not_observed": Words(
        en="In {blind} of {periods} periods no camera looked. They are gaps in the series, not zeros.",
        zh="{periods}个时段中有{blind}个没有相机工作；它们是序列中的空缺，不是零。",
        remedy_en="Choose longer periods, or leave the gaps open when you plot the series.",
        remedy_zh="请选用更长的时段，或在作图时保留空缺。",
    ),
    "cells_not_observed": Words(
        en="In {blind} of {cells} cells no camera looked. Nothing is known of animals there.",
        zh="{cells}个网格中有{blind}个没有相机工作；无从得知那里有无动物。",
        remedy_en="Leave these cells blank on a map; larger cells, or cameras there, would fill them.",
        remedy_zh="制图时请让这些网格留白；选用更大的网格或在那里布设相机可以补上。",
    ),
    "sides_overlap": Words(
        en="{cameras} cameras count on both sides at the same time: the same events are on both, so the "
        "ratio lies too close to 1, and its interval does not hold.",
        zh="有{cameras}台相机同时计入两侧：相同的事件出现在两侧，比值会偏向1，其区间不成立。",
        remedy_en="Compare areas that do not overlap, or spans that follow each other.",
        remedy_zh="请比较互不重叠的区域，或先后相接的时段。",
    ),
    "records_in_bursts": Words(
        en="{share:.0%} of the records begin within a minute of the one before: if they are pictures of one "
        "passage (bursts of an imported data set) and not animals of a group, the density is too high.",
        zh="{share:.0%}的记录与前一条相隔不到一分钟：若属同一次经过的连拍（如导入的数据集）而非群内不同个体，密度会偏高。",
        remedy_en="Import observations by event, or count passages by eye.",
        remedy_zh="请按事件级观测导入，或人工核定经过次数。",
    ),
    "names_above_species": Words(
        en="{above} of the {names} names that count as species here are of a genus, a family or more: "
        "several species behind one such name count once, and a species beside its family counts twice.",
        zh="此处计为物种的{names}个名称中有{above}个是属、科或更高阶元：同一名称下的多个物种只计一次，物种与其所属的科会重复计数。",
        remedy_en="Name the species on the review page, or ask for the taxa that are meant.",
        remedy_zh="请在审核页面鉴定到种，或指定所要统计的类群。",
    ),
    "no_estimate": Words(
        en="These data give no estimate by this method.",
        zh="用这种方法，这些数据得不出估计值。",
        remedy_en="More sites, a longer span or a simpler method may give one.",
        remedy_zh="增加位点、延长时间或改用更简单的方法也许可以。",
    ),
    "sites_left_out": Words(
        en="{sites} sites that were visited are left out, as a covariate is not known there: the answer is "
        "of the others.",
        zh="有{sites}个调查过的位点因缺少协变量的值而未纳入：结果只代表其余位点。",
        remedy_en="Give the covariate for these sites, or leave it out of the model.",
        remedy_zh="请补充这些位点的协变量值，或从模型中去掉该协变量。",
    ),
    "tracks_for_boxes": Words(
        en="What {model} confuses was counted on boxes of single pictures; the records here are animals "
        "followed through pictures, of which fewer are missed or mistaken.",
        zh="{model}的混淆是按单张图片中的检测框统计的，而此处的记录是跨图片跟踪的个体，漏检与误认会更少。",
        remedy_en="Label a sample of this reserve's own pictures, and give its table in the options.",
        remedy_zh="请标注本保护区的一批图片，并在选项中给出其混淆表。",
    ),
    "several_models": Words(
        en="{share:.0%} of the observations come from other models than {model}, whose table served for all.",
        zh="{share:.0%}的观测来自{model}以外的模型，但全部按{model}的混淆表处理。",
        remedy_en="Ask for spans in which one model was counted with.",
        remedy_zh="请分别选择仅使用同一模型的时间段。",
    ),
    "given_speed": Words(
        en="The speed, {speed:g} ± {se:g} m/s, is the one that was given.",
        zh="速度采用所给的值：{speed:g} ± {se:g} 米/秒。",
        remedy_en="",
        remedy_zh="",
    ),
    "activity_from_records": Words(
        en="The share of the day spent active, {activity:.2f}, was estimated from {events} of these events.",
        zh="活动时间比例（{activity:.2f}）由本次的{events}次事件估计得出。",
        remedy_en="",
        remedy_zh="",
    ),
    "nominal_view": Words(
        en="What a camera sees was not measured: {option} is the deployments' own figure, {value:g} on "
        "average. Effective distances differ by species and vegetation, and densities go with their square.",
        zh="未测量相机的有效视野：{option}采用部署时登记的数值，平均{value:g}。有效距离随物种与植被而异，密度与其平方成比例。",
        remedy_en="Measure the effective radius and angle for this species, and give them with their errors.",
        remedy_zh="请针对该物种测量有效半径与角度，并连同误差一并给出。",
    ),
    "moments_widened": Words(
        en="Animals seen within {window:g} s after a moment count as there at it: the density is too high by "
        "those who had not come yet.",
        zh="时刻之后{window:g}秒内出现的动物也计为在场：密度会因尚未到来的个体而偏高。",
        remedy_en="Take window_s 0 with cameras that look all the time, or time-lapse pictures.",
        remedy_zh="对持续工作的相机请将window_s设为0，或使用定时拍摄。",
    ),
    "hours_uneven": Words(
        en="Cameras did not look at all hours alike: the hour with the least effort has {share:.0%} of the "
        "mean. The pattern is partly that of the cameras.",
        zh="相机各时段的工作时间不均：最少的一小时只有平均值的{share:.0%}，节律部分反映了相机而非动物。",
        remedy_en="Ask for a span in which cameras looked day and night.",
        remedy_zh="请选择相机昼夜工作的时间段。",
    ),
    "species_withheld": Words(
        en="Up to {species} sensitive species are left out: your role is not told where they are.",
        zh="最多{species}个敏感物种未列入：您的角色无权获知其位置。",
        remedy_en="Ask for the whole reserve, or have a manager or researcher ask.",
        remedy_zh="请查询整个保护区，或由管理员、研究人员查询。",
    ),
}
