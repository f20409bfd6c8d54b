/** What the style's own sources hold, and which of its layers are visible.
 *
 * A layer whose source holds nothing is hidden. It would not be free: MapLibre asks its worker for every tile of it, links
 * a program for it, and marks out all its tiles on the whole canvas in every frame. */
import type { GeoJSON } from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { SourceName } from "./style";

export interface Sources {
  set(name: SourceName, data: GeoJSON): void;
  /** Whether the style's layer may be seen, as far as there is something to see. */
  allow(layer: string, allowed: boolean): void;
  /** The style was made anew: its sources are empty. */
  forget(): void;
}

export function attachSources(map: MapLibre): Sources {
  const filled = new Set<string>();
  const barred = new Set<string>();
  let own: ReadonlySet<string> | null = null;

  /** Sources that are filled by `set`. */
  function isOwn(source: string): boolean {
    own ??= new Set(Object.entries(map.getStyle().sources).flatMap(([name, { type }]) => (type === "geojson" ? [name] : [])));
    return own.has(source);
  }

  function follow(id: string): void {
    const layer = map.getLayer(id);
    if (!layer) return;
    const wanted = !barred.has(id) && (!isOwn(layer.source) || filled.has(layer.source)) ? "visible" : "none";
    if ((layer.getLayoutProperty("visibility") ?? "visible") !== wanted) map.setLayoutProperty(id, "visibility", wanted);
  }

  return {
    set(name, data) {
      const fills = data.type !== "FeatureCollection" || data.features.length > 0;
      if (!fills && !filled.has(name)) return;
      map.getSource<GeoJSONSource>(name)?.setData(data);
      if (fills === filled.has(name)) return;
      if (fills) filled.add(name);
      else filled.delete(name);
      for (const id of map.getLayersOrder()) if (map.getLayer(id)?.source === name) follow(id);
    },
    allow(layer, allowed) {
      if (allowed) barred.delete(layer);
      else barred.add(layer);
      follow(layer);
    },
    forget() {
      filled.clear();
    },
  };
}
