/** One field that finds whatever is on the map. `/` leads into it from anywhere on the page. */
import { html, nothing, type TemplateResult } from "lit-html";
import { localName, lonLat } from "../../map/features";
import { placeOf } from "../../map/markers";
import { find, type Findable } from "../../map/search";
import { NO_SEARCH } from "../../map/state";
import { northernmost, positionsOf } from "../../geo";
import { everydayName } from "../../review/species";
import { offered } from "../../review/names";
import { icon } from "../icons";
import { fullTime, type View } from "../view";

export function searchField(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { search } = state.atlas;
  const hits = search.open ? found(view) : [];
  const active = Math.min(search.active, hits.length - 1);
  const type = (change: Partial<typeof search>) => actions.atlas.patch({ search: { ...view.store.state.atlas.search, ...change } });
  const nothingFound = search.open && search.query.trim() !== "" && hits.length === 0;
  return html`
    <search class="map-search">
      ${icon("search")}
      <input id="map-search" type="text" inputmode="search" role="combobox" autocomplete="off" spellcheck="false" aria-autocomplete="list" aria-controls="map-hits"
        aria-label=${t("map.search")} aria-expanded=${hits.length > 0} aria-activedescendant=${hits.length > 0 ? `map-hit-${active}` : nothing}
        placeholder=${t("map.search_hint")} title=${t("map.search_key")} .value=${search.query}
        @input=${(event: Event) => type({ query: (event.target as HTMLInputElement).value, active: 0, open: true })}
        @focus=${() => { actions.atlas.readTaxa(); type({ open: true }); }} @blur=${() => type({ open: false })}
        @keydown=${(event: KeyboardEvent) => key(event, view)} />
      <kbd aria-hidden="true">/</kbd>
      <ul id="map-hits" role="listbox" aria-label=${t("map.search")} ?hidden=${hits.length === 0}>
        ${hits.map((hit, i) => html`
          <li role="option" id=${`map-hit-${i}`} aria-selected=${i === active} data-hit=${hit.kind}
            @mousedown=${(event: Event) => { event.preventDefault(); choose(view, hit); }}>
            ${icon(ICONS[hit.kind])}<span class="hit-name">${hit.name}</span><span class="hit-kind small">${t(`map.hit.${hit.kind}`)}${hit.detail ? ` · ${hit.detail}` : ""}</span>
          </li>`)}
      </ul>
      <p class="none-found small" role="status" ?hidden=${!nothingFound}>${nothingFound ? t("map.search_none") : nothing}</p>
    </search>
  `;
}

const ICONS = { camera: "eye", zone: "polygon", species: "paw", incident: "warning", place: "place", coordinates: "place" } as const;

function found(view: View): Findable[] {
  return find(view.state.atlas.search.query, findable(view), view.map.centre());
}

function* findable({ state, t, map }: View): Generator<Findable> {
  for (const { geometry, properties: one } of state.deployments.features) {
    yield { kind: "camera", id: one.id, name: one.location_name, detail: t(`health.${one.health.status}`), also: one.node_id ? [one.node_id] : [], at: lonLat(geometry) };
  }
  for (const { geometry, properties: one } of state.zones.features) {
    const name = localName(one, state.language);
    yield { kind: "zone", id: one.id, name, detail: "", also: [one.name, one.name_zh ?? ""], at: northernmost(positionsOf(geometry.coordinates)) };
  }
  for (const { scientific_name: latin } of offered(state.atlas.taxa)) {
    if (!latin) continue;
    const [en, zh] = [everydayName(latin, "en"), everydayName(latin, "zh")];
    const name = everydayName(latin, state.language) ?? latin;
    yield { kind: "species", id: latin, name, detail: name === latin ? "" : latin, also: [latin, en ?? "", zh ?? ""], at: null };
  }
  for (const one of state.incidents) {
    const report = one.suspicions.at(-1);
    const at = one.place?.location ?? report?.location ?? null;
    const where = report ? placeOf(state, report.deployment_id) : "";
    const name = [t(`fire.kind.${one.kind}`), where].filter(Boolean).join(" · ");
    yield { kind: "incident", id: one.id, name, detail: fullTime({ state }, one.last_seen_at), also: [where], at: at && lonLat(at) };
  }
  const named = new Set<string>();
  for (const { name, at } of map.placesNamed()) {
    if (!named.has(name)) yield { kind: "place", id: name, name, detail: "", also: [], at };
    named.add(name); // a place stands in each tile that it meets
  }
}

function choose(view: View, hit: Findable): void {
  view.actions.atlas.choose(hit);
  document.getElementById("map-search")?.blur();
}

function key(event: KeyboardEvent, view: View): void {
  if (event.isComposing) return; // Enter then ends the input method's word
  // The state as it is now: who types fast presses Enter before the list was drawn anew.
  const now = { ...view, state: view.store.state };
  const { search } = now.state.atlas;
  const hits = search.open ? found(now) : [];
  const active = Math.min(search.active, hits.length - 1);
  const set = (change: Partial<typeof search>) => view.actions.atlas.patch({ search: { ...search, ...change } });
  const move = (by: number) => set(hits.length ? { active: (active + by + hits.length) % hits.length } : { open: true });
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && hits[active]) choose(now, hits[active]);
  else if (event.key === "Escape") {
    view.actions.atlas.patch({ search: NO_SEARCH });
    view.map.focus();
  } else return;
  event.preventDefault();
}

/** `/` leads into the field, unless something is being typed. */
export function onSearchKey(event: KeyboardEvent, page: string): void {
  const target = event.target as HTMLElement;
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || page !== "map") return;
  if (target.closest("input, textarea, select, [contenteditable], dialog")) return;
  const field = document.getElementById("map-search");
  if (!field) return;
  event.preventDefault();
  field.focus();
}
