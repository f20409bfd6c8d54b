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
}
