/** A curve with its band: over distances, samples or periods. What nobody looked at is hatched. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import { band, line, type Point } from "../../research/curves";
import { everyNth, share, ticks } from "../../research/scale";
import type { Curve } from "../../research/wire";
import { unitWords, withInterval } from "../../research/words";
import { toWall } from "../../time";
import { zoneOf, type View } from "../view";
import { keyOf } from "./clock-plot";
import { figures } from "./parts";

const HEIGHT = 200;
const DOTS = 60; // so many points or fewer are periods, each with its dot
const TABLE = 400;

export function curvePlot(view: View, curves: readonly Curve[]): TemplateResult {
  const { t, state } = view;
  const first = curves[0]!;
  const marks = ticks(Math.max(...curves.flatMap((one) => [...one.y, ...(one.high ?? [])]).map((one) => one ?? 0)));
  const [from, to] = ends(first.x);
  const x = (value: number) => share(value, [from, to]);
  const y = (value: number) => share(value, [0, marks.at(-1)!]);
  const label = (value: number) => (first.x_unit === "s" ? toWall(value * 1000, zoneOf(state)).slice(0, 10) : significant(value, state.language));
  const across = first.x.length <= DOTS ? first.x : ticks(to, 5).filter((one) => one >= from && one <= to);
  const step = everyNth(across.length, first.x_unit === "s" ? 5 : 8);
  const title = [first.meaning, unitWords(first.y_unit)].filter(Boolean).join(" ");
  const n = (value: number | null | undefined) => (value === null || value === undefined ? t("count.not_observed") : significant(value, state.language));
  return html`
    <figure class="plot curve-plot" data-plot=${first.name}>
      <figcaption class="axis-title">${title}</figcaption>
      <svg role="img" aria-label=${title} height=${HEIGHT + 26}>
        ${svg`
          <title>${title}</title><desc>${t("research.curve.description", { n: first.x.length, low: n(first.y.find((one) => one !== null)), high: n(first.y.findLast((one) => one !== null)) })}</desc>
          ${marks.map((one) => svg`<line class="grid" x1="0" x2="100%" y1=${HEIGHT * (1 - y(one) / 100)} y2=${HEIGHT * (1 - y(one) / 100)}></line>
            <text class="tick" x="-8" y=${HEIGHT * (1 - y(one) / 100) + 4} text-anchor="end">${significant(one, state.language)}</text>`)}
          ${unseen(first, x)}
          ${svg`<svg width="100%" height=${HEIGHT} viewBox="0 0 1 1" preserveAspectRatio="none">${curves.map((one, i) => paths(one, i, x, y))}</svg>`}
          ${first.x.length <= DOTS ? curves.map((one, i) => dots(one, i, x, (value) => HEIGHT * (1 - y(value) / 100))) : nothing}
          ${across.map((one, i) => (i % step ? nothing : svg`<text class=${(i / step) % 2 ? "tick odd" : "tick"} x=${`${x(one)}%`} y=${HEIGHT + 18} text-anchor="middle">${label(one)}${i === 0 && first.x_unit === "m" ? " m" : ""}</text>`))}
        `}
      </svg>
      ${keyOf(curves)}
    </figure>
    ${figures(view, title, [t("research.curve.at"), ...curves.map((one) => one.meaning)],
      first.x.slice(0, TABLE).map((at, i) => [label(at), ...curves.map((one) => {
        const value = one.y[i];
        return value === null || value === undefined ? t("count.not_observed") : withInterval(value, one.low?.[i] ?? null, one.high?.[i] ?? null, state.language);
      })]))}
  `;
}

/** With room at both sides where points are few. */
function ends(x: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...x), Math.max(...x)];
  const room = x.length <= DOTS ? (high - low) / Math.max(1, 2 * (x.length - 1)) || 1 : 0;
  return [low - room, high + room];
}

function paths(curve: Curve, i: number, x: (value: number) => number, y: (value: number) => number): unknown {
  const points = (values: readonly (number | null)[]) =>
    values.map((value, at): Point | null => (value === null ? null : [x(curve.x[at]!) / 100, y(value) / 100]));
  return svg`
    ${curve.low && curve.high && curve.x.length > DOTS ? svg`<path class=${`band curve-${i}`} d=${band(points(curve.low), points(curve.high))}></path>` : nothing}
    <path class=${`curve curve-${i}`} vector-effect="non-scaling-stroke" d=${line(points(curve.y))}></path>`;
}

function dots(curve: Curve, i: number, x: (value: number) => number, y: (value: number) => number): unknown {
  return curve.y.map((value, at) => {
    if (value === null) return nothing;
    const [low, high] = [curve.low?.[at] ?? null, curve.high?.[at] ?? null];
    const place = `${x(curve.x[at]!)}%`;
    return svg`${low !== null && high !== null ? svg`<line class="whisker" x1=${place} x2=${place} y1=${y(low)} y2=${y(high)}></line>` : nothing}
      <circle class=${`dot curve-${i}`} cx=${place} cy=${y(value)} r="4"></circle>`;
  });
}

function unseen(curve: Curve, x: (value: number) => number): unknown {
  const width = 100 / curve.x.length;
  return curve.y.map((value, i) => (value === null
    ? svg`<rect x=${`${Math.max(0, x(curve.x[i]!) - width / 2)}%`} width=${`${width}%`} y="0" height=${HEIGHT} fill="url(#hatch)"></rect>`
    : nothing));
}
