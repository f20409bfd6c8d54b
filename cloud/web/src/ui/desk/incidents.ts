/** The list of incidents, most urgent first, and one of them in full beside it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { mediaUrl } from "../../client";
import { capFeedUrl } from "../../desk/api";
import { heldWords } from "../../desk/held";
import { FILTERS, filterOf, ranked, type Filter } from "../../desk/state";
import { localName } from "../../map/features";
import { placeOf } from "../../map/markers";
import { wordFor } from "../../i18n";
import type { IncidentSummary } from "../../wire";
import { title } from "../fire";
import { marks } from "../fire-facts";
import { fireIcon, icon } from "../icons";
import { ago, type View } from "../view";
import { incidentDetail } from "./detail";
import { teaching } from "./parts";

export function incidentsSection(view: View): TemplateResult {
  const { state } = view;
  const chosen = state.incidents.find((one) => one.id === state.desk.route.id);
  return html`
    <div class="desk-split ${state.desk.route.id ? "chosen" : ""}">
      ${list(view)}
      ${chosen ? incidentDetail(view, chosen) : chooseOne(view)}
    </div>
  `;
}

function list(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { listed, filter } = state.desk;
  const count = (one: Filter) => (listed ?? []).filter((incident) => filterOf(incident) === one).length;
  const shown = ranked((listed ?? []).filter((one) => filterOf(one) === filter));
  return html`
    <section class="desk-list" aria-label=${t("desk.section.incidents")}>
      <div class="segments" role="group" aria-label=${t("desk.filter")}>
        ${FILTERS.map(
          (one) => html`<button aria-pressed=${one === filter} @click=${() => actions.desk.patch({ filter: one })}>
            ${t(`desk.filter.${one}`)} <span class="count">${listed ? count(one) : ""}</span>
          </button>`,
        )}
      </div>
      ${listed === null && !state.desk.failure ? html`<p class="muted">${t("starting")}</p>` : nothing}
      ${listed !== null && shown.length === 0
        ? teaching(t(`desk.empty.${filter}`), t(`desk.empty.${filter}_body`))
        : nothing}
      <ul class="incidents">
        ${repeat(shown, (one) => one.id, (one) => row(view, one))}
      </ul>
      <div class="list-foot">
        <button class="secondary" @click=${() => actions.desk.patch({ dialog: { kind: "report" }, picked: null })}>
          ${icon("plus")} ${t("desk.report")}
        </button>
        <a class="link" href=${capFeedUrl(state.reserve!.slug)}>${t("desk.cap_feed")}</a>
      </div>
    </section>
  `;
}

function row(view: View, one: IncidentSummary): TemplateResult {
  const { t, state, actions } = view;
  const calls = one.state === "new" && !one.held_back;
  return html`
    <li>
      <button
        class="row desk-row ${calls ? "calls" : ""} ${one.drill ? "drill" : ""} ${one.held_back ? "held" : ""}"
        aria-current=${one.id === state.desk.route.id ? "true" : "false"} data-incident=${one.id}
        @click=${() => actions.desk.go("incidents", one.id)}
      >
        ${one.held_back && one.media_id
          ? html`<img class="row-picture" alt="" loading="lazy" src=${`${mediaUrl(one.media_id)}?width=160`} />`
          : fireIcon(one.kind)}
        <span class="row-text">
          <span class="name">${summaryTitle(view, one)}</span>
          <span class="meta"><span class="state ${one.state}">${wordFor(t, "state", one.state)}</span> ${t("fire.seen", { ago: ago(view, one.last_seen_at) })}</span>
          <span class="marks">${marks(view, one)}</span>
          ${one.held_back ? html`<span class="why">${t("desk.held_why", { why: heldWords(one.held_back, t) })}</span>` : nothing}
        </span>
      </button>
    </li>
  `;
}

function summaryTitle(view: View, one: IncidentSummary): string {
  const { t, state } = view;
  const known = state.incidents.find(({ id }) => id === one.id);
  if (known) return title(view, known);
  const kind = t(`fire.kind.${one.kind}`);
  if (one.zone) return t("desk.title", { kind, place: localName(one.zone, state.language) });
  return one.deployment_id
    ? t("fire.banner", { kind, place: placeOf(state, one.deployment_id) })
    : t("desk.title_reported", { kind });
}

function chooseOne({ t, state, map }: View): TemplateResult {
  return html`
    <section class="desk-detail nothing-chosen" aria-label=${t("map.label")}>
      <div class="desk-map whole">${map.element}</div>
      ${(state.desk.listed ?? []).length > 0 ? html`<p class="muted">${t("desk.choose")}</p>` : nothing}
    </section>
  `;
}
