/** What speaks for the fire: cameras, satellites, people. */
import { html, nothing, type TemplateResult } from "lit-html";
import { compassWords, degrees, percent } from "../../format";
import { wordFor } from "../../i18n";
import type { FireReport, Hotspot, Incident, Suspicion } from "../../wire";
import { coordinates } from "../fire-facts";
import { bearing } from "../fire";
import type { View } from "../view";
import { at } from "./parts";

export function evidence(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  const rows = [
    ...incident.suspicions.map((one) => ({ at: one.observed_at, row: camera(view, one) })),
    ...incident.hotspots.map((one) => ({ at: one.observed_at, row: satellite(view, one) })),
    ...incident.reports.map((one) => ({ at: one.observed_at, row: person(view, one) })),
  ].sort((a, b) => b.at.localeCompare(a.at));
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("desk.evidence")}>
      <table class="evidence">
        <thead>
          <tr>
            <th scope="col">${t("desk.seen_by")}</th><th scope="col">${t("desk.seen_at")}</th>
            <th scope="col">${t("desk.what")}</th><th scope="col">${t("desk.where")}</th><th scope="col">${t("desk.sure")}</th>
          </tr>
        </thead>
        <tbody>${rows.map(({ row }) => row)}</tbody>
      </table>
    </div>
  `;
}

function line(view: View, who: string, iso: string, what: string, where: string, sure: string, late: boolean): TemplateResult {
  return html`<tr>
    <th scope="row">${who}</th>
    <td>${at(view, iso)}${late ? html` <span class="mark">${view.t("desk.came_late")}</span>` : nothing}</td>
    <td>${what}</td><td>${where}</td><td>${sure}</td>
  </tr>`;
}

const LATE_MS = 120_000;
const isLate = (one: { observed_at: string; received_at: string }) =>
  Date.parse(one.received_at) - Date.parse(one.observed_at) > LATE_MS;

function camera(view: View, one: Suspicion): TemplateResult {
  const { t, state } = view;
  return line(view, t("desk.camera", { name: one.deployment }), one.observed_at, t(`fire.kind.${one.kind}`),
    bearing(view, one), percent(one.confidence, state.language), isLate(one));
}

function satellite(view: View, one: Hotspot): TemplateResult {
  const { t } = view;
  const power = one.frp_mw === null ? "" : ` · ${one.frp_mw.toFixed(1)} MW`;
  return line(view, `${one.satellite} ${one.instrument}`, one.observed_at, `${t("desk.hotspot")}${power}`,
    `${coordinates(one.location.coordinates)} (${one.scan_km.toFixed(1)} × ${one.track_km.toFixed(1)} km)`,
    wordFor(t, "hotspot", one.confidence), isLate(one));
}

function person(view: View, one: FireReport): TemplateResult {
  const { t } = view;
  const direction = one.bearing_deg === null ? "" : `${degrees(one.bearing_deg)} (${compassWords(one.bearing_deg, t)})`;
  const where = one.location
    ? coordinates(one.location.coordinates)
    : t("desk.from_standpoint", { place: coordinates(one.standpoint!.coordinates), direction });
  return line(view, one.account, one.observed_at, t(`fire.kind.${one.kind}`), where, one.note ?? "–", isLate(one));
}
