/** The list of what was seen, newest first; it grows while one looks. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { duration, percent, speciesName } from "../format";
import { taxonWords } from "../research/words";
import { placeOf } from "../map/markers";
import { isItalic } from "../taxa";
import type { Observation } from "../wire";
import { thumbnail } from "./picture";
import { ago, chooseDeployment, clock, fullTime, zoneOf, type View } from "./view";

const SHOWN = 80;
const LATE_S = 300;

export function livePanel(view: View): TemplateResult {
  const { t, state } = view;
  const seen = state.observations.slice(0, SHOWN);
  return html`
    <h2>${t("live.heading")}</h2>
    <p class="muted small">${t("live.times", { zone: zoneOf(state) })}</p>
    ${seen.length === 0 ? html`<p class="empty">${t("live.empty")}</p>` : nothing}
    <ol class="sightings">
      ${repeat(seen, (one) => one.id, (one) => sighting(view, one))}
    </ol>
  `;
}

function sighting(view: View, one: Observation): TemplateResult {
  const { t, state } = view;
  const name = one.scientific_name ? taxonWords(one.scientific_name, state.language, t) : speciesName(one, state.language, t);
  const place = placeOf(state, one.deployment_id);
  const lateBy = (Date.parse(one.received_at) - Date.parse(one.ended_at)) / 1000;
  return html`
    <li class="sighting" data-observation=${one.id}>
      ${thumbnail(view, one.media_id, `${name}, ${place}, ${fullTime(view, one.observed_at)}`)}
      <div class="what">
        <p class="name">
          ${speciesLink(one, name)}${one.count > 1 ? html` <span class="count">${t("live.count", { n: one.count })}</span>` : nothing}
        </p>
        ${scientific(one.scientific_name, name)}
        <p class="meta">
          <time datetime=${one.observed_at} title=${fullTime(view, one.observed_at)}>${clock(view, one.observed_at)}</time>
          <span>${t("live.confidence", { percent: percent(one.confidence, state.language) })}</span>
        </p>
        <p class="meta">
          <button class="link" @click=${() => chooseDeployment(view, one.deployment_id)}>${place}</button>
          ${lateBy > LATE_S
            ? html`<span title=${duration(lateBy, state.language)}>
                ${t("live.arrived_late", { ago: ago(view, one.received_at) })}
              </span>`
            : nothing}
        </p>
      </div>
    </li>
  `;
}

/** What was seen, leading to the page of its species. */
function speciesLink({ scientific_name }: Observation, name: string): TemplateResult | string {
  return scientific_name ? html`<a class="plain" href=${`#species/${encodeURIComponent(scientific_name)}`}>${name}</a>` : name;
}

/** The scientific name beside an everyday one; nothing where it is the name already shown. */
export function scientific(name: string | null, shown: string): TemplateResult | typeof nothing {
  if (!name || name === shown) return nothing;
  return html`<p class="scientific ${isItalic(name) ? "italic" : ""}" lang="la">${name}</p>`;
}
