/** What is known of a fire, in words: where it is, how long it waits for an answer, who was called. Used by the map's
 * panel and the fire desk. */
import { html, nothing, type TemplateResult } from "lit-html";
import { calledPeople, furthest, waitsForAnswer } from "../desk/calls";
import { heldWords } from "../desk/held";
import { compassWords, degrees, duration } from "../format";
import { latestReports, localName } from "../map/features";
import type { Incident } from "../wire";
import { icon } from "./icons";
import { ago, type View } from "./view";

/** Degrees with five digits: about a metre, and what a phone's map app understands. */
export function coordinates([lon, lat]: readonly number[]): string {
  const side = (value: number, letters: string) => `${Math.abs(value).toFixed(5)}° ${letters[value < 0 ? 1 : 0]}`;
  return `${side(lat!, "NS")}, ${side(lon!, "EW")}`;
}

/** Metres or kilometres with two digits: an uncertainty bears no more. */
export function metres(value: number): string {
  const rounded = Number(value.toPrecision(2));
  return rounded < 1000 ? `${rounded} m` : `${rounded / 1000} km`;
}

/** Where it is, and how sure that is. */
export function place(view: View, incident: Incident): TemplateResult {
  const { t, state } = view;
  const { place: found, zone } = incident;
  return html`
    ${zone ? html`<strong>${localName(zone, state.language)}</strong><br />` : nothing}
    ${found
      ? html`<span class="coordinates">${coordinates(found.location.coordinates)}</span><br />
          <span class="muted">${found.semi_major_m && found.semi_minor_m
            ? t("fire.ellipse", { major: metres(2 * found.semi_major_m), minor: metres(2 * found.semi_minor_m) })
            : nothing}
            ${t(`fire.method.${found.method}`)}</span>`
      : html`<span>${directions(view, incident)}</span><br /><span class="muted">${latestReports(incident).length > 1 ? t("fire.no_crossing") : t("fire.direction_only")}</span>`}
  `;
}

/** The newest direction of each camera. */
function directions({ t }: View, incident: Incident): TemplateResult | string {
  const known = latestReports(incident).filter((one) => one.bearing_deg !== null);
  if (known.length === 0) return t("fire.place_unknown");
  return html`${known.map((one, i) => html`${i > 0 ? html`<br />` : nothing}${t("fire.direction_from", {
    degrees: degrees(one.bearing_deg!), compass: compassWords(one.bearing_deg!, t), place: one.deployment,
  })}`)}`;
}

/** The marks that an incident carries beside its state. */
export function marks(view: View, incident: Pick<Incident, "drill" | "held_back" | "danger" | "late_s">): TemplateResult {
  const { t } = view;
  return html`
    ${incident.drill ? html`<span class="mark drill">${t("fire.drill")}</span>` : nothing}
    ${incident.held_back ? html`<span class="mark held" title=${heldWords(incident.held_back, t)}>${t("fire.held")}</span>` : nothing}
    ${incident.late_s > 120
      ? html`<span class="mark">${t("fire.late_mark", { delay: duration(incident.late_s, view.state.language) })}</span>`
      : nothing}
    ${incident.danger === "very_high" || incident.danger === "extreme"
      ? html`<span class="mark hot">${t("fire.danger", { danger: t(`danger.${incident.danger}`) })}</span>`
      : nothing}
  `;
}

/** How long nobody has answered: the one line that nobody may overlook. */
export function waiting(view: View, incident: Incident): TemplateResult | typeof nothing {
  const { t, state } = view;
  if (!waitsForAnswer(incident)) return nothing;
  const began = incident.deliveries[0]?.queued_at ?? incident.opened_at;
  const time = duration(Math.max(0, (state.now - Date.parse(began)) / 1000), state.language);
  return html`<p class="waiting-answer ${incident.unanswered ? "nobody" : ""}" role="status">
    ${icon("bell")} ${t(waitsHow(incident), { time })}
  </p>`;
}

function waitsHow({ unanswered, deliveries }: Incident) {
  if (!unanswered) return "fire.unanswered_for";
  return deliveries.length === 0 ? "fire.nobody_reachable" : "fire.nobody_answered";
}

/** Who was called, and how far the call came: one line a person. */
export function called(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  const people = calledPeople(incident.deliveries);
  if (people.length === 0) {
    return html`<p class="muted small">${t(incident.held_back ? "fire.held_nobody" : incident.unanswered ? "fire.nobody_has_device" : "fire.nobody_called")}</p>`;
  }
  return html`
    <ul class="called">
      ${people.map(({ name, deliveries }) => {
        const best = furthest(deliveries);
        const at = best[`${best.state}_at` as "sent_at"] ?? best.queued_at;
        return html`<li data-state=${best.state}>
          ${icon(CALL_ICONS[best.state])}
          <span class="name">${name ?? t("desk.system")}</span>
          <span class="muted">${t(`delivery.${best.state}`)} ${best.state === "failed" ? nothing : ago(view, at)}</span>
        </li>`;
      })}
    </ul>
  `;
}

export const CALL_ICONS = {
  queued: "clock", sent: "sent", delivered: "phone", opened: "eye", answered: "check", failed: "cross", cancelled: "minus",
} as const;
