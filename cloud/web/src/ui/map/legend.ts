/** The layers of the map with a switch each, and below each the symbols that it is drawn with. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import type { Key } from "../../i18n";
import { CLASSES } from "../../map/cells";
import { LAYER_GROUPS, LAYER_IDS, LAYERS, STATUSES, type LayerId } from "../../map/layers";
import { legendOf, type LegendEntry, type LegendFacts } from "../../map/symbols";
import { taxonWords } from "../../research/words";
import type { State } from "../../store";
import { icon } from "../icons";
import type { View } from "../view";
import { viewTools } from "./tools";

export function legendFacts({ deployments, atlas, language }: State): LegendFacts {
  const present = new Set(deployments.features.map((one) => one.properties.health.status));
  return {
    statuses: STATUSES.filter((one) => present.has(one)), limits: atlas.limits, shades: CLASSES, basemap: atlas.basemap,
    number: (value) => significant(value, language),
  };
}

/** The words of a symbol. */
export function entryWords({ t }: Pick<View, "t">, { key, values }: LegendEntry): string {
  return t((key.startsWith("health.") ? key : `legend.${key}`) as Key, values);
}

/** What the layer's symbols mean while days or months of the past are on show. */
export function entriesOf(id: LayerId, state: State): LegendEntry[] {
  const entries = legendOf(id, legendFacts(state));
  return id === "sightings" && state.atlas.shown ? entries.map((one) => ({ ...one, key: "sightings_days" })) : entries;
}

export function symbol({ strokes }: LegendEntry): TemplateResult {
  return html`<svg class="symbol" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${strokes.map(
    ({ d, fill, stroke, width, dash, opacity }) => svg`<path fill-rule="evenodd" d=${d} fill=${fill ? `var(${fill})` : "none"}
      stroke=${stroke ? `var(${stroke})` : nothing} stroke-width=${width ?? nothing} stroke-dasharray=${dash ?? nothing}
      stroke-linecap="round" stroke-linejoin="round" opacity=${opacity ?? nothing}></path>`,
  )}</svg>`;
}

export function legendCard(view: View): TemplateResult {
  const { t, state } = view;
  if (!state.atlas.legendOpen) return html``;
  return html`
    <section class="legend-card" id="map-legend" aria-label=${t("map.layers")}>
      ${LAYER_GROUPS.map((group) => html`
        <fieldset>
          <legend>${t(`map.group.${group}`)}</legend>
          ${LAYER_IDS.filter((id) => LAYERS[id].group === group).map((id) => layerRow(view, id))}
        </fieldset>`)}
      ${viewTools(view)}
    </section>
  `;
}

function layerRow(view: View, id: LayerId): TemplateResult {
  const { t, state, actions } = view;
  const on = state.atlas.layers.includes(id);
  const entries = entriesOf(id, state);
  const alone = entries.length === 1 ? entries[0] : null; // the layer's name says what it is
  return html`
    <div class="layer ${on ? "on" : ""}" data-layer=${id}>
      <label class="switch">
        <input type="checkbox" role="switch" .checked=${on} @change=${() => actions.atlas.toggle(id)} />
        <span class="track" aria-hidden="true"></span>
        <span class="layer-name">${t(`layer.${id}`)}</span>
        ${on && alone ? html`<span class="alone" title=${entryWords(view, alone)}>${symbol(alone)}<span class="hidden">${entryWords(view, alone)}</span></span>` : nothing}
      </label>
      ${on ? html`${id === "density" ? densityChoice(view) : nothing}${symbols(view, id)}${remark(view, id)}` : nothing}
    </div>
  `;
}

function symbols(view: View, id: LayerId): TemplateResult | typeof nothing {
  const entries = entriesOf(id, view.state);
  if (entries.length < 2) return nothing;
  return html`
    ${id === "density" ? html`<p class="unit small">${view.t("legend.density.unit")}</p>` : nothing}
    <ul class="symbols ${id}">
      ${entries.map((one) => html`<li>${symbol(one)}<span>${entryWords(view, one)}</span></li>`)}
    </ul>
  `;
}

function remark({ t, state }: View, id: LayerId): TemplateResult | typeof nothing {
  const { atlas } = state;
  if (id === "basemap" && atlas.basemap && !atlas.basemap.url) return html`<p class="remark small">${t("layer.basemap_none")}</p>`;
  if (id === "sightings" && atlas.shown?.unit === "month") return html`<p class="remark small">${t("map.seen_months")}</p>`;
  if (id === "sightings" && atlas.seen) {
    return html`<p class="remark small">${t(atlas.seen.more ? "map.seen_more" : "map.seen_days", { n: atlas.seen.total })}</p>`;
  }
  return nothing;
}

function densityChoice(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { taxon, taxa, cells } = state.atlas;
  const own = taxa.flatMap((one) => (one.kind === "animal" && one.scientific_name ? [one.scientific_name] : []));
  const names = taxon && !own.includes(taxon) ? [taxon, ...own] : own;
  return html`
    <div class="density-choice">
      <label><span class="hidden">${t("map.density_of")}</span>
        <select name="density-taxon" @focus=${() => actions.atlas.readTaxa()} @change=${(event: Event) => actions.atlas.setTaxon((event.target as HTMLSelectElement).value || null)}>
          <option value="" ?selected=${taxon === null}>${t("map.density_all")}</option>
          ${names.map((name) => html`<option value=${name} ?selected=${name === taxon}>${taxonWords(name, state.language, t)}</option>`)}
        </select></label>
      <div class="segments small" role="radiogroup" aria-label=${t("map.cells")}>
        ${(["hexagon", "square"] as const).map((kind) => html`
          <label class="segment"><input type="radio" name="density-cells" .checked=${cells === kind} @change=${() => actions.atlas.setCells(kind)} /><span>${t(`map.cells_${kind}`)}</span></label>`)}
      </div>
      ${taxon ? html`<a class="small" href=${`#species/${encodeURIComponent(taxon)}`}>${t("live.species_page")}</a>` : nothing}
    </div>
  `;
}

export function legendButton({ t, state, actions }: View): TemplateResult {
  const open = state.atlas.legendOpen;
  const words = t(open ? "map.layers_hide" : "map.layers_show");
  return html`
    <button class="tool layers-button" aria-expanded=${open} aria-controls="map-legend" title=${words} aria-label=${words}
      @click=${() => actions.atlas.prefer({ legendOpen: !open })}>${icon("layers")}</button>
  `;
}
