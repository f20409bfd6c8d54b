/** When a camera looked: half a year, a square a day, its night at the foot and its day above; hatched where not. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { calendar, months, WEEKS, type CalendarDay } from "../../camera/calendar";
import { significant } from "../../format";
import { locale } from "../../i18n";
import { sumOf } from "../../research/effort";
import type { EffortCalendar } from "../../research/wire";
import { toWall } from "../../time";
import type { Deployment } from "../../wire";
import { figures } from "../research/parts";
import { zoneOf, type View } from "../side/view";

const [CELL, GAP, LEFT, TOP] = [18, 3, 30, 18];

export function effortCalendar(view: View, one: Deployment, answer: EffortCalendar): TemplateResult {
  const { t, state } = view;
  const zone = zoneOf(state);
  const day = (iso: string | number) => toWall(typeof iso === "number" ? iso : Date.parse(iso), zone).slice(0, 10);
  const looked = answer.deployments.find((each) => each.deployment_id === one.id)?.days ?? [];
  const days = calendar(looked, day(state.now), WEEKS, day(one.started_at), one.ended_at ? day(one.ended_at) : null);
  const sum = sumOf(looked);
  const stood = days.filter((each) => each.effort !== "off");
  const n = (value: number) => significant(value, state.language);
  const [width, height] = [LEFT + WEEKS * (CELL + GAP), TOP + 7 * (CELL + GAP)];
  const label = t("camera.effort_label", { weeks: WEEKS, days: sum.days, of: stood.length });
  return html`
    <p>${t("camera.effort_span", { from: days[0]!.day, to: days.at(-1)!.day, total: sum.hours > 0 ? t("count.camera_days", { n: n(sum.hours / 24) }) : t("count.not_observed") })}</p>
    <div class="calendar-scroll" tabindex="0" role="region" aria-label=${t("camera.effort")}>
      <svg class="calendar" role="img" aria-label=${label} viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height}>
        ${svg`
          ${[0, 2, 4, 6].map((weekday) => svg`<text class="tick" x="0" y=${TOP + weekday * (CELL + GAP) + 13}>${weekdayName(weekday, state.language)}</text>`)}
          ${months(days).map(({ week, month }) => svg`<text class="tick" x=${LEFT + week * (CELL + GAP)} y="12">${monthName(month, state.language)}</text>`)}
          ${days.map((each) => cell(view, each))}
        `}
      </svg>
    </div>
    <ul class="legend-line">
      ${[["day", t("research.effort.day")], ["night", t("research.effort.night")], ["unseen", t("count.not_observed")], ["off", t("camera.effort_off")]].map(([look, words]) => html`
        <li><svg width="18" height="14" aria-hidden="true">${svg`<rect width="18" height="14" rx="2" class=${look!}></rect>`}</svg> ${words}</li>`)}
    </ul>
    ${sum.hours === 0 ? html`<p class="muted">${t("camera.effort_never")}</p>` : nothing}
    ${figures(view, t("camera.effort"), [t("research.effort.days"), t("research.effort.hours"), t("research.effort.day"), t("research.effort.night")],
      [...stood].reverse().map(({ day: name, effort }) => (effort && effort !== "off"
        ? [name, n(effort.hours), n(effort.day_hours), n(effort.night_hours)]
        : [name, ...Array<string>(3).fill(t("count.not_observed"))])))}
  `;
}

function cell({ t, state }: View, { day, week, weekday, effort }: CalendarDay): unknown {
  const [x, y] = [LEFT + week * (CELL + GAP), TOP + weekday * (CELL + GAP)];
  if (effort === "off") return svg`<rect class="off" x=${x} y=${y} width=${CELL} height=${CELL} rx="3"><title>${t("camera.effort_before", { day })}</title></rect>`;
  if (effort === null) return svg`<rect class="unseen" data-day=${day} x=${x} y=${y} width=${CELL} height=${CELL} rx="3"><title>${t("camera.effort_none", { day })}</title></rect>`;
  const n = (value: number) => significant(value, state.language);
  const [light, dark] = [effort.day_hours, effort.night_hours].map((hours) => (Math.min(24, hours) / 24) * CELL) as [number, number];
  return svg`<g data-day=${day}><title>${t("camera.effort_day", { day, hours: n(effort.hours), light: n(effort.day_hours), dark: n(effort.night_hours) })}</title>
    <rect class="ground" x=${x} y=${y} width=${CELL} height=${CELL} rx="3"></rect>
    <rect class="night" x=${x} y=${y + CELL - dark} width=${CELL} height=${dark} rx="1"></rect>
    <rect class="day" x=${x} y=${y + CELL - dark - light} width=${CELL} height=${light} rx="1"></rect></g>`;
}

function weekdayName(weekday: number, language: View["state"]["language"]): string {
  const style = language === "zh" ? "narrow" : "short"; // 一, Mon
  return new Intl.DateTimeFormat(locale(language), { weekday: style, timeZone: "UTC" }).format(Date.UTC(2026, 5, 1 + weekday)); // a Monday
}

function monthName(month: string, language: View["state"]["language"]): string {
  return new Intl.DateTimeFormat(locale(language), { month: "short", timeZone: "UTC" }).format(Date.parse(`${month}-01`));
}
