/** Reserves side by side, the most urgent first; and where they lie. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import { localName } from "../../map/features";
import type { Reading } from "../../side/reading";
import { around, planeOf } from "../../side/sketch";
import { needWords } from "../../side/words";
import type { Overviews, ReserveOverview } from "../../side/wire";
import type { Area } from "../../wire";
import { healthBar, STANDING } from "../overview/page";
import { patterns } from "../research/parts";
import { card, empty, failed, loading, page, plainName } from "../side/parts";
import { fullTime, healthIcon, icon, fireIcon, type View } from "../side/view";

const NEEDS = 3;
const [WIDTH, HEIGHT] = [900, 420];

export function reservesPage(view: View, reading: Reading<Overviews>, again: () => void): TemplateResult {
  const { t } = view;
  const { value } = reading;
  return page("reserves", html`
    ${patterns()}
    <header class="side-head"><h2>${t("reserves.heading")}</h2>
      <p class="muted small">${t("reserves.lead")} ${value ? t("side.as_of", { when: fullTime(view, value.to) }) : nothing}</p></header>
    ${failed(view, reading.failure, again)}
    ${!value ? (reading.failure ? nothing : loading(view)) : html`
      <ul class="reserve-cards">${value.reserves.map((one) => html`<li>${reserve(view, one)}</li>`)}</ul>
      ${map(view, value.reserves)}`}
  `);
}

/** Another reserve opens with its overview. */
function open({ actions, state }: View, slug: string): void {
  location.hash = "#overview";
  if (state.reserve?.slug !== slug) void actions.openReserve(slug);
}

function reserve(view: View, one: ReserveOverview): TemplateResult {
  const { t, state } = view;
  const name = localName(one, state.language);
  const all = STANDING.reduce((sum, each) => sum + one.cameras[each], 0);
  const words = STANDING.filter((each) => one.cameras[each] > 0).map((each) => `${one.cameras[each]} ${t(`health.${each}`)}`).join(t("side.list"));
  return html`
    <article class="reserve-card ${one.burning ? "burning" : ""}" data-reserve=${one.slug} aria-label=${name}>
      <header><h3>${name}</h3>${fire(view, one)}</header>
      ${needs(view, one)}
      <div>
        ${all === 0 ? html`<p class="muted">${t("cameras.empty")}</p>` : html`${healthBar(one.cameras, all, t("overview.cameras_bar", { words }))}
          <p class="reserve-health small">${STANDING.filter((each) => one.cameras[each] > 0).map((each) => html`
            <span>${healthIcon(each)} ${one.cameras[each]} ${t(`health.${each}`)}</span>`)}</p>`}
      </div>
      ${week(view, one)}
      <button class="secondary" @click=${() => open(view, one.slug)}>${t("reserves.open", { name })} ${icon("right")}</button>
    </article>
  `;
}

function fire({ t }: View, { burning, unanswered }: ReserveOverview): TemplateResult {
  if (burning === 0) return html`<span class="no-fire muted small">${icon("check")} ${t("reserves.fires_none")}</span>`;
  return html`<span class="burning-mark">${fireIcon("fire")} ${t(burning === 1 ? "reserves.fires_one" : "reserves.fires", { n: burning })}
    ${unanswered ? html` · ${t("reserves.unanswered", { n: unanswered })}` : nothing}</span>`;
}

function needs({ t }: View, { needs: all }: ReserveOverview): TemplateResult {
  if (all.length === 0) return html`<p class="calm">${icon("check")} ${t("reserves.needs_none")}</p>`;
  return html`<div class="reserve-needs">
    <p class="small muted">${t(all.length === 1 ? "reserves.needs_one" : "reserves.needs", { n: all.length })}</p>
    <ul>${all.slice(0, NEEDS).map((one) => html`<li data-severity=${one.severity}>
      <span class="muted small">${t(`overview.severity.${one.severity}`)}</span> ${needWords(one, t)}</li>`)}</ul>
    ${all.length > NEEDS ? html`<p class="small muted">${t("reserves.more_needs", { n: all.length - NEEDS })}</p>` : nothing}
  </div>`;
}

/** What was seen, and how much was looked: without effort there is no number of species. */
function week(view: View, { week: one }: ReserveOverview): TemplateResult {
  const { t, state } = view;
  const n = (value: number) => significant(value, state.language);
  const names = (list: readonly string[]) => list.slice(0, 4).map((name) => plainName(view, name)).join(t("side.list"));
  if (one.status === "not_observed") return html`<p class="not-observed">${t("reserves.not_observed")}</p>`;
  return html`
    <div class="reserve-week">
      <p><strong>${t("reserves.species", { n: one.species })}</strong> · ${t("reserves.effort", { n: n(one.camera_days) })}
        <span class="muted small">${t("reserves.effort_before", { n: one.camera_days_before > 0 ? n(one.camera_days_before) : t("count.not_observed") })}</span></p>
      ${one.new_species.length ? html`<p>${t("reserves.new", { names: names(one.new_species) })}</p>` : nothing}
      ${one.more.length ? html`<p>${t("reserves.more", { names: names(one.more) })}</p>` : nothing}
      ${one.fewer.length ? html`<p>${t("reserves.fewer", { names: names(one.fewer) })}</p>` : nothing}
    </div>
  `;
}

function map(view: View, reserves: readonly ReserveOverview[]): TemplateResult {
  const { t, state } = view;
  const known = new Map(state.reserves.map((one) => [one.slug, one.boundary as Area | null]));
  const bounds = around([...known.values()], []);
  if (!bounds) return card(t("reserves.map"), empty(t("reserves.map_none")));
  const plane = planeOf(bounds, WIDTH, HEIGHT, 40);
  return card(t("reserves.map"), html`
    <svg class="small-map reserves-map" viewBox=${`0 0 ${plane.width} ${plane.height}`} role="group" aria-label=${t("reserves.map")}>
      ${svg`${reserves.map((one) => {
        const area = known.get(one.slug);
        if (!area) return nothing;
        const box = around([area], [])!;
        const [x, y] = plane.place([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]);
        const name = localName(one, state.language);
        return svg`<g class=${one.burning ? "spot burning" : "spot"} @click=${() => open(view, one.slug)}>
          <title>${name}</title><path class="land" d=${plane.path(area)}></path><path class="boundary" d=${plane.path(area)}></path>
          <circle class="spot-dot" cx=${x} cy=${y} r="5"></circle><text x=${x} y=${y - 11} text-anchor="middle">${name}</text></g>`;
      })}`}
    </svg>`, nothing, "reserves-map-card");
}
