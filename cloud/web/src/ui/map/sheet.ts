/** The map on paper: what stands round its image. It is in the page only while it is printed. */
import { html, nothing, type TemplateResult } from "lit-html";
import { fullTime } from "../../format";
import { LAYER_IDS } from "../../map/layers";
import { localName } from "../../map/features";
import { momentWords, monthsOf } from "../../map/time";
import { taxonWords } from "../../research/words";
import { entriesOf, entryWords, symbol } from "./legend";
import { zoneOf, type View } from "../view";

/** What the map shows, in words: title, time, whose density, sources. */
export function captions({ t, state }: Pick<View, "t" | "state">): { title: string; time: string; density: string | null; unseen: string | null; sources: string | null } {
  const { shown, layers, taxon, basemap } = state.atlas;
  const now = fullTime(state.now, zoneOf(state), state.language);
  const dense = layers.includes("density");
  const months = momentWords({ unit: "month", ...monthsOf(shown, state.now, zoneOf(state)) }, state.language);
  const sources = [...new Set((basemap?.url && layers.includes("basemap") ? basemap.layers : []).flatMap((one) => (one.source ? [one.source] : [])))];
  return {
    title: state.reserve ? localName(state.reserve, state.language) : "",
    time: shown ? t("map.print_time", { when: momentWords(shown, state.language) }) : t("map.print_live", { when: now }),
    density: dense ? `${t("layer.density")}: ${taxon ? taxonWords(taxon, state.language, t) : t("map.density_all")}, ${months}` : null,
    unseen: dense ? t("map.print_unseen") : null,
    sources: sources.length > 0 ? t("map.attribution", { sources: sources.join(" · ") }) : null,
  };
}

export function printSheet(view: View): TemplateResult {
  const { t, state } = view;
  const said = captions(view);
  const made = { when: fullTime(state.now, zoneOf(state), state.language), who: state.account?.email ?? "" };
  return html`
    <section class="print-sheet light" aria-hidden="true">
      <header><h1>${said.title}</h1><p>${said.time} · ${zoneOf(state)}</p>${said.density ? html`<p>${said.density}</p>` : nothing}</header>
      <img src=${state.atlas.sheet!} alt="" />
      <ul class="print-legend" aria-label=${t("map.layers")}>
        ${LAYER_IDS.filter((id) => state.atlas.layers.includes(id)).flatMap((id) => [
          id === "density" ? html`<li class="unit">${t("legend.density.unit")}</li>` : nothing,
          ...entriesOf(id, state).map((one) => html`<li>${symbol(one)} ${entryWords(view, one)}</li>`),
        ])}
      </ul>
      <footer>
        ${said.unseen ? html`<p>${said.unseen}</p>` : nothing}
        <p>${[t("map.print_made", made), said.sources].filter(Boolean).join(" · ")}</p>
      </footer>
    </section>
  `;
}
