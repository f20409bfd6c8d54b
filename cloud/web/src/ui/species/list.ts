/** Every animal that was ever seen in the reserve. */
import { html, nothing, type TemplateResult } from "lit-html";
import { percent } from "../../format";
import { SPECIES } from "../../review/species";
import type { Reading } from "../../side/reading";
import type { SpeciesSeen } from "../../side/wire";
import { bothNames, empty, failed, loading, page, speciesHref } from "../side/parts";
import { ago, fullTime, type View } from "../side/view";

export function speciesIndex(
  view: View, index: Reading<SpeciesSeen[]>, find: string, typed: (text: string) => void, again: () => void,
): TemplateResult {
  const { t } = view;
  const all = index.value;
  return page("species-index", html`
    <header class="side-head"><h2>${t("species.heading")}</h2><p class="muted">${t("species.lead")}</p></header>
    ${failed(view, index.failure, again)}
    ${!all ? (index.failure ? nothing : loading(view)) : all.length === 0
      ? empty(t("species.none"), t("species.none_body"))
      : html`
        <label class="side-find"><span class="hidden">${t("species.find")}</span>
          <input type="search" .value=${find} placeholder=${t("species.find")}
            @input=${(event: Event) => typed((event.target as HTMLInputElement).value)} /></label>
        ${table(view, all.filter((one) => matches(one.scientific_name, find)))}`}
  `);
}

/** In any language, whatever the page's. */
function matches(name: string, text: string): boolean {
  const known = SPECIES.get(name);
  const wanted = text.trim().toLowerCase();
  return [name, known?.en ?? "", known?.zh ?? ""].some((one) => one.toLowerCase().includes(wanted));
}

function table(view: View, species: readonly SpeciesSeen[]): TemplateResult {
  const { t, state } = view;
  if (species.length === 0) return empty(t("species.found_none"));
  const when = (iso: string | null) => (iso === null ? html`<span class="muted">${t("species.times_withheld")}</span>`
    : html`<time datetime=${iso} title=${fullTime(view, iso)}>${ago(view, iso)}</time>`);
  return html`
    <div class="side-scroll" tabindex="0" role="region" aria-label=${t("species.heading")}>
      <table class="side-table species-seen">
        <thead><tr>
          <th scope="col">${t("species.name")}</th><th scope="col" class="number">${t("species.events")}</th>
          <th scope="col" class="number">${t("species.cameras")}</th><th scope="col">${t("species.last")}</th>
          <th scope="col">${t("species.first")}</th><th scope="col" class="number">${t("species.checked")}</th>
        </tr></thead>
        <tbody>${species.map((one) => html`
          <tr data-species=${one.scientific_name}>
            <th scope="row"><a class="species-name" href=${speciesHref(one.scientific_name)}>${bothNames(view, one.scientific_name)}</a></th>
            <td class="number" data-figure="events">${one.events.toLocaleString(state.language)}</td>
            <td class="number">${one.deployments.toLocaleString(state.language)}</td>
            <td>${when(one.last_seen_at)}</td><td>${when(one.first_seen_at)}</td>
            <td class="number">${percent(one.observations ? one.labelled / one.observations : 0, state.language)}</td>
          </tr>`)}</tbody>
      </table>
    </div>
  `;
}
