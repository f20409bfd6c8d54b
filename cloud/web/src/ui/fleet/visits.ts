/** What needs a visit: the list that a technician prints, a map of the tour, and what was done. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Page } from "../../fleet/page";
import type { Maintenance, MaintenanceItem, Stop } from "../../fleet/wire";
import { significant } from "../../format";
import type { LonLat } from "../../geo";
import { wordFor, type Key } from "../../i18n";
import { around, planeOf } from "../../side/sketch";
import type { Area } from "../../wire";
import { card, empty, loading } from "../side/parts";
import { ago, fullTime, icon, type View } from "../side/view";

const [WIDTH, HEIGHT] = [760, 460];

export function visitsSection(view: View, page: Page): TemplateResult {
  const { t } = view;
  const plan = page.maintenance.value;
  if (!plan) return page.maintenance.failure ? html`` : loading(view);
  const print = html`<button class="quiet fleet-print" @click=${() => window.print()}>${icon("printer")} ${t("fleet.print")}</button>`;
  return html`
    <div class="fleet-visits">
      ${card(t("fleet.tour"), plan.tour.length === 0 ? empty(t("fleet.visits_none"), t("fleet.visits_none_why")) : html`
        <p class="muted small">${t("fleet.tour_what", { n: plan.tour.length, km: plan.km.toFixed(1) })}</p>
        <ol class="fleet-tour">${repeat(plan.tour, (one) => one.deployment_id, (one, n) => stop(view, page, plan, one, n + 1))}</ol>`, print, "tour")}
      ${plan.tour.length ? map(view, plan.tour, plan) : nothing}
    </div>
    ${plan.visits.length ? card(t("fleet.visited"), html`<ul class="fleet-visited">${plan.visits.map((one) => html`
      <li><strong>${one.place ?? one.node}</strong> <span class="muted small">${fullTime(view, one.done_at)} ${one.by ?? ""}</span>
        ${one.reasons.map((why) => html`<span class="fleet-chip">${wordFor(t, "fleet.why", why)}</span>`)} ${one.note ?? ""}</li>`)}</ul>`, nothing, "visited") : nothing}
  `;
}

function stop(view: View, page: Page, plan: Maintenance, one: Stop, number: number): TemplateResult {
  const { t } = view;
  const items = one.items.map((n) => plan.items[n]!);
  const done = (event: SubmitEvent) => {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget as HTMLFormElement).get("note") ?? "");
    page.visited(one.deployment_id, note, items.map((item) => item.reason));
  };
  return html`
    <li class="fleet-stop" data-stop=${one.deployment_id}>
      <span class="fleet-number" aria-hidden="true">${number}</span>
      <div>
        <h3><a href=${`#camera/${one.deployment_id}`}>${one.place}</a>
          <span class="muted small">${one.lat.toFixed(5)}, ${one.lon.toFixed(5)}${number > 1 || one.leg_km > 0 ? html` · ${t("fleet.leg", { km: one.leg_km.toFixed(1) })}` : nothing}</span></h3>
        <ul>${items.map((item) => html`<li data-reason=${item.reason} data-urgency=${item.urgency}>
          <span class="fleet-chip" data-urgency=${item.urgency}>${t(`fleet.urgency.${item.urgency}`)}</span>
          ${why(view, item)} <span class="muted small">${t("fleet.since_when", { when: ago(view, item.since) })}${item.node ? ` · ${item.node}` : ""}</span></li>`)}</ul>
        <details class="fleet-done"><summary>${t("fleet.done")}</summary>
          <form class="fleet-form" @submit=${done}><label>${t("fleet.done_note")} <input name="note" maxlength="2000" /></label>
            <button class="secondary" ?disabled=${page.busy}>${icon("check")} ${t("fleet.done_save")}</button></form></details>
      </div>
    </li>
  `;
}

/** What the reason rests on, in words. */
function why({ t, state }: View, item: MaintenanceItem): string {
  const figures: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(item.figures ?? {})) {
    if (key === "ends") figures[key] = String(value).slice(0, 10);
    else if (key === "share" || key.endsWith("least")) figures[key] = `${Math.round(Number(value) * 100)} %`;
    else figures[key] = typeof value === "number" ? significant(value, state.language) : String(value);
  }
  const key = item.reason === "battery_ageing" && "then_wh" in figures ? "battery_ageing_wh" : item.reason;
  return t(`fleet.why.${key}` as Key, figures);
}

function map(view: View, tour: readonly Stop[], plan: Maintenance): TemplateResult {
  const { t, state } = view;
  const area = (state.reserve?.boundary as Area | null | undefined) ?? null;
  const at = (one: Stop): LonLat => [one.lon, one.lat];
  const bounds = around([area], tour.map(at))!;
  const plane = planeOf(bounds, WIDTH, HEIGHT, 30);
  const path = tour.map((one, n) => `${n ? "L" : "M"}${plane.place(at(one)).join(" ")}`).join("");
  const worst = (one: Stop) => plan.items[Math.min(...one.items)]!;
  return card(t("fleet.map"), html`
    <svg class="small-map fleet-map" viewBox=${`0 0 ${plane.width} ${plane.height}`} role="group" aria-label=${t("fleet.map")}>
      ${area ? svg`<path class="land" d=${plane.path(area)}></path><path class="boundary" d=${plane.path(area)}></path>` : nothing}
      <path class="fleet-way" d=${path}></path>
      ${svg`${tour.map((one, n) => {
        const [x, y] = plane.place(at(one));
        return svg`<a href=${`#camera/${one.deployment_id}`}><g class="fleet-pin" data-urgency=${worst(one).urgency}>
          <title>${one.place}: ${one.items.map((i) => why(view, plan.items[i]!)).join("; ")}</title>
          <circle cx=${x} cy=${y} r="13"></circle><text x=${x} y=${y + 4.5} text-anchor="middle">${n + 1}</text></g></a>`;
      })}`}
    </svg>
    <p class="muted small">${t("fleet.map_link")} <a href=${`#map?at=${tour[0]!.lon},${tour[0]!.lat},13`}>${t("fleet.map_open")}</a></p>`, nothing, "tour-map");
}
