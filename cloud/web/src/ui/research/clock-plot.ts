/** Activity over the day on a round clock of 24 hours: midnight on top, noon at the foot. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import { onClock, roundPath } from "../../research/curves";
import { ticks } from "../../research/scale";
import type { Curve } from "../../research/wire";
import type { View } from "../view";
import { figures } from "./parts";

const R = 100;
const HOURS = [0, 3, 6, 9, 12, 15, 18, 21];

export function clockPlot(view: View, curves: readonly Curve[]): TemplateResult {
  const { t, state } = view;
  const most = Math.max(...curves.flatMap((one) => [...one.y, ...(one.high ?? [])]).map((one) => one ?? 0));
  const marks = ticks(most, 3).filter((one) => one <= most);
  const radius = (value: number | null) => ((value ?? 0) / (most || 1)) * R;
  const peak = (one: Curve) => one.x[one.y.indexOf(Math.max(...one.y.map((y) => y ?? 0)))]!;
  const description = curves.map((one) => t("research.clock.peak", { name: one.meaning, hour: hourWords(peak(one)) })).join(" ");
  return html`
    <figure class="plot clock-plot" data-plot="clock">
      <svg role="img" viewBox="-130 -124 260 248" aria-label=${description}>
        ${svg`
          <title>${curves[0]!.meaning}</title><desc>${description}</desc>
          ${marks.slice(1).map((one) => svg`<circle class="grid" r=${radius(one)}></circle>`)}
          <circle class="base" r=${R} fill="none"></circle>
          ${HOURS.map((hour) => {
            const [x, y] = onClock(hour, R);
            const [tx, ty] = onClock(hour, R + 14);
            return svg`<line class="grid" x2=${x} y2=${y}></line><text class="tick" x=${tx} y=${ty + 4} text-anchor="middle">${hour} h</text>`;
          })}
          ${curves.map((one, i) => svg`
            ${one.low && one.high ? svg`<path class=${`band curve-${i}`} fill-rule="evenodd" d=${roundPath(one.x, one.high.map(radius)) + roundPath(one.x, one.low.map(radius))}></path>` : nothing}
            <path class=${`curve curve-${i}`} d=${roundPath(one.x, one.y.map(radius))}></path>`)}
        `}
      </svg>
      ${keyOf(curves)}
      <figcaption class="small muted">${t("research.clock.caption")}</figcaption>
    </figure>
    ${figures(view, curves[0]!.meaning, [t("research.clock.hour"), ...curves.map((one) => one.meaning)],
      Array.from({ length: 24 }, (_, hour) => [`${hour} h`, ...curves.map((one) => significant(at(one, hour), state.language))]))}
  `;
}

/** Which line is which, by colour and by dashes. */
export function keyOf(curves: readonly Curve[]): TemplateResult | typeof nothing {
  if (curves.length < 2) return nothing;
  return html`<ul class="legend-line">${curves.map((one, i) => html`
    <li><svg width="30" height="14" aria-hidden="true">${svg`<line class=${`curve curve-${i}`} x1="0" x2="30" y1="7" y2="7"></line>`}</svg> ${one.meaning}</li>`)}</ul>`;
}

function at(curve: Curve, hour: number): number {
  const nearest = curve.x.reduce((best, x, i) => (Math.abs(x - hour) < Math.abs(curve.x[best]! - hour) ? i : best), 0);
  return curve.y[nearest] ?? 0;
}

function hourWords(hour: number): string {
  const minutes = Math.round(hour * 60) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
