/** What a camera's node lives on: its charge of the last days, how much it worked, and what that used and saved. */
import { html, nothing, type TemplateResult } from "lit-html";
import { bands, charge, lastDays, LEVELS, scaled, type PowerHistory } from "../../camera/power";
import { percent, significant } from "../../format";
import { wordFor } from "../../i18n";
import { figures } from "../research/parts";
import type { Reading } from "../../side/reading";
import { card, empty, failed, loading } from "../side/parts";
import { fullTime, type View } from "../side/view";
import { HEIGHT, plot, WIDTH } from "./plot";

const DAYS = 7;
const DAY = 86_400_000;
type Energy = PowerHistory["month"];

export function powerCard(view: View, reading: Reading<PowerHistory>, again: () => void): TemplateResult {
  const { t } = view;
  const found = reading.value;
  return card(t("power.heading"), html`
    ${failed(view, reading.failure, again)}
    ${!found ? (reading.failure ? nothing : loading(view))
      : found.hours.length === 0 && found.total.used_wh === null ? empty(t("power.unknown"), t("power.unknown_body"))
      : whole(view, found)}
  `, nothing, "power");
}

function whole(view: View, found: PowerHistory): TemplateResult {
  const { t, state } = view;
  const hours = lastDays(found.hours, DAYS, state.now);
  const points = charge(hours);
  const newest = hours.at(-1);
  const levels = [...new Set(bands(hours).map((band) => band.level))];
  const reckoned = hours.some((hour) => hour.charge !== null && !hour.measured);
  return html`
    <dl>
      ${newest ? html`
        ${fact(t("power.charge"), newest.charge === null ? t("power.not_known") : html`${percent(newest.charge, state.language)} ${newest.measured ? nothing : html`<span class="muted">(${t("power.reckoned")})</span>`}`)}
        ${newest.battery_v === null ? nothing : fact(t("power.battery"), `${newest.battery_v.toFixed(2)} V`)}
        ${newest.solar_w === null ? nothing : fact(t("power.solar"), `${significant(newest.solar_w, state.language)} W`)}
        ${newest.load_w === null ? nothing : fact(t("power.load"), `${significant(newest.load_w, state.language)} W`)}
        ${newest.level === null ? nothing : fact(t("power.level"), wordFor(t, "power.level", newest.level))}` : nothing}
    </dl>
    ${points.length === 0 ? html`<p class="muted">${t("power.no_charge")}</p>` : html`
      <svg class="small-plot power" role="img" aria-label=${t("power.curve_label", { days: DAYS })} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}>
        ${plot(view, { points, width: 3_600_000, from: state.now - DAYS * DAY, to: state.now, least: 0, most: 1, bands: bands(hours), words: (value) => percent(value, state.language) })}
      </svg>
      <ul class="legend-line">${[...LEVELS.filter((one) => levels.includes(one)), ...levels.filter((one) => !(LEVELS as readonly string[]).includes(one))].map((level) => html`
        <li><span class=${`work-swatch ${level}`} aria-hidden="true"></span> ${wordFor(t, "power.level", level)}</li>`)}</ul>
      ${reckoned ? html`<p class="muted small">${t("power.reckoned_body")}</p>` : nothing}`}
    <table class="side-table energy">
      <thead><tr><th scope="col"></th><th scope="col">${t("power.used")}</th><th scope="col">${t("power.saved")}</th></tr></thead>
      <tbody>
        ${row(view, t("power.month"), found.month)}
        ${row(view, found.total.since ? t("power.total_since", { day: fullTime(view, found.total.since) }) : t("power.total"), found.total)}
      </tbody>
    </table>
    <p class="muted small">${t("power.relative")}</p>
    ${found.days.length === 0 ? nothing : figures(view, t("power.by_day"), [t("power.day"), t("power.used"), t("power.saved"), t("power.least")],
      [...found.days].reverse().map((day) => [day.day, energy(view, day.used_wh), energy(view, day.saved_wh),
        day.charge_least === null ? t("power.not_known") : percent(day.charge_least, state.language)]))}
  `;
}

function row(view: View, name: string, sum: Energy): TemplateResult {
  return html`<tr><th scope="row">${name}</th>
    <td>${energy(view, sum.used_wh)}${gas(view, sum.used_co2e_g)}</td>
    <td>${energy(view, sum.saved_wh)}${gas(view, sum.saved_co2e_g)}</td></tr>`;
}

function energy({ t, state }: View, wh: number | null): string {
  if (wh === null) return t("power.not_known");
  const [value, unit] = scaled(wh, "Wh", "kWh");
  return `${significant(value, state.language)} ${unit}`;
}

function gas({ t, state }: View, g: number | null): TemplateResult {
  if (g === null) return html`<span class="muted small">${t("power.co2e_unknown")}</span>`;
  const [value, unit] = scaled(g, "g", "kg");
  return html`<span class="muted small">${t("power.co2e", { value: `${significant(value, state.language)} ${unit}` })}</span>`;
}

function fact(name: string, value: unknown): TemplateResult {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}
