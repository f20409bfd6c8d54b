/** A small plot over time: lines with gaps where nothing is known, days below, values at the left. */
import { svg, type TemplateResult } from "lit-html";
import { pieces, type Band, type Point } from "../../camera/power";
import { significant } from "../../format";
import { locale } from "../../i18n";
import { toWall } from "../../time";
import { zoneOf, type View } from "../side/view";

export const [WIDTH, HEIGHT] = [460, 130];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 6, 8, 22];
const DAY = 86_400_000;

export interface Plot {
  readonly points: readonly Point[];
  /** Of one point, in ms: a larger gap is none that a line may cross. */
  readonly width: number;
  readonly from: number;
  readonly to: number;
  readonly least: number;
  readonly most: number;
  readonly bands?: readonly Band[];
  /** Of points of the compass: an arrow each, and no line. */
  readonly arrows?: boolean;
  readonly bars?: boolean;
  readonly words: (value: number) => string;
}

export function plot(view: View, one: Plot): TemplateResult {
  const x = (at: number) => LEFT + ((at - one.from) / (one.to - one.from)) * (WIDTH - LEFT - RIGHT);
  const span = one.most - one.least || 1;
  const y = (value: number) => TOP + (1 - (value - one.least) / span) * (HEIGHT - TOP - BOTTOM);
  const foot = HEIGHT - BOTTOM;
  const marks = [one.least, one.least + span / 2, one.most];
  return svg`
    ${(one.bands ?? []).map((band) => svg`<rect class=${`work-band ${band.level}`} data-level=${band.level}
      x=${Math.max(x(band.from), LEFT)} y=${TOP} width=${Math.max(x(band.to) - Math.max(x(band.from), LEFT), 0)} height=${foot - TOP}></rect>`)}
    ${one.arrows ? "" : marks.map((mark) => svg`<line class="rule" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(mark)} y2=${y(mark)}></line>
      <text class="tick" text-anchor="end" x=${LEFT - 5} y=${y(mark) + 4}>${one.words(mark)}</text>`)}
    ${midnights(view, one.from, one.to).map(({ at, name }) => svg`<line class="rule" x1=${x(at)} x2=${x(at)} y1=${TOP} y2=${foot}></line>
      <text class="tick" x=${x(at) + 3} y=${HEIGHT - 7}>${name}</text>`)}
    ${one.arrows ? one.points.map((point) => arrow(x(point.at), (TOP + foot) / 2, point.value))
      : one.bars ? one.points.map((point) => svg`<rect class="amount" x=${x(point.at - one.width / 2)} width=${Math.max(x(one.from + one.width) - LEFT - 0.5, 1)}
          y=${y(point.value)} height=${Math.max(foot - y(point.value), 0)}></rect>`)
      : pieces(one.points, one.width).map((piece) => (piece.length === 1
          ? svg`<circle class="dot" r="2" cx=${x(piece[0]!.at)} cy=${y(piece[0]!.value)}></circle>`
          : svg`<path class="curve" d=${piece.map((point, n) => `${n ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`).join("")}></path>`))}
  ` as unknown as TemplateResult;
}

/** Whither the wind blows: of a north wind (0°), down. */
export function arrow(x: number, y: number, from: number): TemplateResult {
  return svg`<path class="wind" d="M0-9V9M-4 4 0 9 4 4" transform=${`translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${from.toFixed(0)})`}></path>` as unknown as TemplateResult;
}

/** A range of values to draw in: round, never of no height. */
export function range(points: readonly Point[], least = Infinity): readonly [least: number, most: number] {
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(least, ...values), Math.max(...values)];
  const step = 10 ** Math.floor(Math.log10(Math.max(high - low, 1e-6)));
  const [down, up] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  return up > down ? [down, up] : [down, down + 1];
}

export const numberWords = ({ state }: View) => (value: number) => significant(value, state.language);

/** The midnights of the reserve's clock within a span; of many days, not each is named. */
function midnights({ state }: View, from: number, to: number): { at: number; name: string }[] {
  const zone = zoneOf(state);
  const style = new Intl.DateTimeFormat(locale(state.language), { month: "numeric", day: "numeric", timeZone: zone });
  const every = Math.ceil((to - from) / DAY / 8);
  const found = [];
  const hour = DAY / 24;
  for (let at = Math.ceil(from / hour) * hour, n = 0; at < to; at += hour) {
    if (toWall(at, zone).slice(11, 13) !== "00") continue;
    if (n++ % every === 0) found.push({ at, name: style.format(at) });
  }
  return found;
}
