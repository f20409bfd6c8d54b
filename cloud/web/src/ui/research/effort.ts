/** When each camera looked: a row a camera, a bar a day, its night below its day; hatched where it did not look. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import { blanks, daysBetween, sumOf } from "../../research/effort";
import { everyNth } from "../../research/scale";
import { toWall } from "../../time";
import type { EffortDay, EffortRow } from "../../research/wire";
import { shareWords } from "../../research/words";
import { card } from "../desk/parts";
import { chooseDeployment, zoneOf, type View } from "../view";
import { figures, notObserved, spanOfAnswer } from "./parts";

const HEIGHT = 34;

export function effortSection(view: View): TemplateResult {
  const { t, state } = view;
  const answer = state.research.effort;
  if (!answer) return card(t("research.section.effort"), nothing, nothing, "effort");
  const { value: { deployments }, asked } = answer;
  const wall = (at: number) => toWall(at, zoneOf(state)).slice(0, 10);
  const days = daysBetween(wall(Date.parse(asked.from)), wall(Date.parse(asked.to) - 1));
  const looked = deployments.some((one) => one.days.length > 0);
  return card(t("research.section.effort"), html`
    <p class="muted small">${spanOfAnswer(view, asked)} · ${t("research.effort.whole_reserve")}</p>
    ${looked ? nothing : notObserved(view, deployments.length ? "count.not_observed_body" : "count.no_camera_body")}
    ${deployments.length === 0 ? nothing : html`
      ${legend(view)}
      <div class="effort-rows" role="list">
        ${deployments.map((one) => row(view, one, days))}
        <div class="effort-row axis" aria-hidden="true"><span></span>${axis(days)}<span></span></div>
      </div>
      ${figures(view, t("research.section.effort"),
        [t("count.cameras"), t("research.effort.days"), t("research.effort.hours"), t("research.effort.day"), t("research.effort.night")],
        deployments.map((one) => {
          const sum = sumOf(one.days);
          const n = (value: number) => significant(value, state.language);
          return sum.hours === 0
            ? [one.location_name, ...Array<string>(4).fill(t("count.not_observed"))]
            : [one.location_name, `${sum.days} / ${days.length}`, n(sum.hours), n(sum.day), n(sum.night)];
        }))}`}
  `, nothing, "effort");
}

function legend({ t }: View): TemplateResult {
  const item = (name: string, words: string) => html`<li><svg width="26" height="14" aria-hidden="true">${svg`<rect width="26" height="14" class=${name}></rect>`}</svg> ${words}</li>`;
  return html`<ul class="legend-line">${item("day", t("research.effort.day"))} ${item("night", t("research.effort.night"))} ${item("unseen", t("count.not_observed"))}</ul>`;
}

function row(view: View, one: EffortRow, days: readonly string[]): TemplateResult {
  const { t, state } = view;
  const sum = sumOf(one.days);
  const total = t("count.camera_days", { n: significant(sum.hours / 24, state.language) });
  const words = sum.hours === 0 ? t("count.not_observed") : t("research.effort.row", { days: sum.days, of: days.length, total });
  const width = 100 / days.length;
  const at = new Map(days.map((day, i) => [day, i]));
  return html`
    <div class="effort-row" role="listitem" data-deployment=${one.deployment_id} data-looked=${sum.hours > 0}>
      <button class="link" @click=${() => { view.actions.review.leave(); chooseDeployment(view, one.deployment_id); }}>${one.location_name}</button>
      <svg class="effort-days" role="img" height=${HEIGHT} aria-label=${`${one.location_name}: ${words}`}>
        ${svg`
          ${blanks(one, days).map(([from, to]) => svg`<g><title>${days[from]}${to > from ? ` – ${days[to]}` : ""}: ${t("count.not_observed")}</title>
            <rect class="unseen" x=${`${from * width}%`} width=${`${(to - from + 1) * width}%`} y="0" height=${HEIGHT}></rect></g>`)}
          ${one.days.map((day) => (at.has(day.day) ? bar(view, day, at.get(day.day)! * width, width) : nothing))}
        `}
      </svg>
      <span class="effort-sum small">${sum.hours === 0
        ? html`<strong>${t("count.not_observed")}</strong>`
        : html`${total}<span class="sub">${shareWords(sum.hours, days.length * 24, state.language)}</span>`}</span>
    </div>
  `;
}

/** 24 hours high; night at the foot. */
function bar({ t, state }: View, one: EffortDay, x: number, width: number): unknown {
  const height = (hours: number) => (Math.min(24, hours) / 24) * HEIGHT;
  const [day, night] = [height(one.day_hours), height(one.night_hours)];
  const n = (value: number) => significant(value, state.language);
  const place = { x: `${x + width * 0.06}%`, width: `${width * 0.88}%` };
  return svg`<g><title>${t("research.effort.of_day", { day: one.day, hours: n(one.hours), light: n(one.day_hours), dark: n(one.night_hours) })}</title>
    <rect class="ground" x=${place.x} width=${place.width} y="0" height=${HEIGHT}></rect>
    <rect class="night" x=${place.x} width=${place.width} y=${HEIGHT - night} height=${night}></rect>
    <rect class="day" x=${place.x} width=${place.width} y=${HEIGHT - night - day} height=${day}></rect></g>`;
}

function axis(days: readonly string[]): TemplateResult {
  const step = everyNth(days.length, 5);
  return html`<svg class="effort-days" height="18">${svg`${days.map((day, i) => (i % step ? nothing : svg`
    <text class="tick" x=${`${((i + 0.5) / days.length) * 100}%`} y="13" text-anchor="middle">${day.slice(5)}</text>`))}`}</svg>`;
}
