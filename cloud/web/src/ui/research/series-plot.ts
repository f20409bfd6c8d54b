/** The plot of a series. Across it is in per cent, so that it fits any width with letters of their own size. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { interval, significant } from "../../format";
import { gapsOf, periodSeason, rateIn } from "../../research/periods";
import { everyNth, share, ticks } from "../../research/scale";
import type { Period, Series } from "../../research/wire";
import type { View } from "../view";

const HEIGHT = 200; // px, of the rates
const EFFORT = 44; // and of the bars of effort below them
const BETWEEN = 30;
const LABELS = 6;

export function seriesPlot(view: View, { periods }: Series, key: string | null): TemplateResult {
  const { t, state } = view;
  const rates = periods.map((one) => rateIn(one, key));
  const highs = rates.map((one) => one?.high ?? 0);
  const estimates = rates.map((one) => one?.estimate ?? 0);
  // A day or two with hardly any effort have intervals that would press all others flat: those run out of the plot.
  const most = Math.min(Math.max(...highs), Math.max(4 * Math.max(...estimates), median(highs.filter((one) => one > 0)) * 2)) || Math.max(...highs);
  const marks = ticks(most);
  const y = (value: number) => HEIGHT * (1 - share(value, [0, marks.at(-1)!]) / 100);
  const x = (i: number) => ((i + 0.5) / periods.length) * 100;
  const days = ticks(Math.max(...periods.map((one) => one.camera_days)), 1).at(-1)!;
  const step = everyNth(periods.length, LABELS);
  const description = t("research.series.description", { n: periods.length, gaps: periods.filter((one) => one.status === "not_observed").length });
  return html`
    <figure class="plot series-plot" data-plot="series">
      <figcaption class="axis-title">${t("count.rate")}</figcaption>
      <svg role="img" aria-label=${`${t("research.section.series")}. ${description}`} height=${HEIGHT + BETWEEN + EFFORT + 24}>
        ${svg`
          <title>${t("research.section.series")}</title><desc>${description}</desc>
          ${marks.map((one) => svg`<line class="grid" x1="0" x2="100%" y1=${y(one)} y2=${y(one)}></line>
            <text class="tick" x="-8" y=${y(one) + 4} text-anchor="end">${significant(one, state.language)}</text>`)}
          ${gapsOf(periods).map(([from, to]) => svg`<g class="gap"><title>${t("count.not_observed")}</title>
            <rect x=${`${(from / periods.length) * 100}%`} y="0" width=${`${((to - from + 1) / periods.length) * 100}%`}
              height=${HEIGHT + BETWEEN + EFFORT} fill="url(#hatch)"></rect></g>`)}
          ${periods.map((one, i) => (rates[i] ? point(view, one, rates[i], `${x(i)}%`, y) : nothing))}
          ${periods.map((one, i) => bar(one, i, periods.length, days))}
          <line class="base" x1="0" x2="100%" y1=${HEIGHT} y2=${HEIGHT}></line>
          <line class="base" x1="0" x2="100%" y1=${HEIGHT + BETWEEN + EFFORT} y2=${HEIGHT + BETWEEN + EFFORT}></line>
          <text class="tick" x="-8" y=${HEIGHT + BETWEEN + 10} text-anchor="end">${significant(days, state.language)}</text>
          <text class="tick effort-title" x="0" y=${HEIGHT + BETWEEN - 8}>${t("research.effort_axis")}</text>
          ${periods.map((one, i) => (i % step ? nothing : svg`<text class=${(i / step) % 2 ? "tick odd" : "tick"} x=${`${x(i)}%`} y=${HEIGHT + BETWEEN + EFFORT + 18}
            text-anchor="middle">${axisWords(view, one.label)}</text>`))}
        `}
      </svg>
      <ul class="legend-line">
        <li><svg width="30" height="14" aria-hidden="true">${svg`<line class="whisker" x1="15" x2="15" y1="0" y2="14"></line><circle class="dot" cx="15" cy="7" r="4"></circle>`}</svg>
          ${t("research.legend.rate")}</li>
        <li><svg width="30" height="14" aria-hidden="true">${svg`<rect width="30" height="14" fill="url(#hatch)"></rect>`}</svg> ${t("count.not_observed")}</li>
      </ul>
    </figure>
  `;
}

export function periodWords({ t }: View, label: string): string {
  const season = periodSeason(label);
  return season ? t(`research.season.${season.season}`, { year: season.year }) : label;
}

/** A day without its year, which the line above the plot says. */
function axisWords(view: View, label: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(label) ? label.slice(5) : periodWords(view, label);
}

function point(view: View, period: Period, rate: NonNullable<ReturnType<typeof rateIn>>, x: string, y: (value: number) => number): unknown {
  const { t, state } = view;
  const seen = rate.estimate ? significant(rate.estimate, state.language) : t("research.series.none_seen");
  return svg`<g class=${rate.estimate ? "point" : "point zero"}><title>${periodWords(view, period.label)}: ${seen} (${interval(rate, state.language)})</title>
    <line class="whisker" x1=${x} x2=${x} y1=${y(rate.low)} y2=${y(rate.high)}></line>
    <circle class="dot" cx=${x} cy=${y(rate.estimate)} r=${rate.estimate ? 4 : 3.5}></circle></g>`;
}

function bar({ camera_days }: Period, i: number, n: number, most: number): unknown {
  const height = (camera_days / most) * EFFORT;
  return svg`<rect class="effort" x=${`${((i + 0.1) / n) * 100}%`} width=${`${80 / n}%`} y=${HEIGHT + BETWEEN + EFFORT - height} height=${height}></rect>`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
