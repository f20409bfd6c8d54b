/** The ground below everything: water, roads, forest, heights, read from the reserve's own PMTiles. */
import { addProtocol, type ExpressionSpecification, type LayerSpecification, type Map as MapLibre } from "maplibre-gl";
import type { Language } from "../language";
import type { BaseMap } from "./wire";
import { FONT, type Palette } from "./style";

let protocol: Promise<void> | undefined;

/** The reader of PMTiles comes beside all else: asked for only once the ground is known, it would come last. */
export function readable(): Promise<void> {
  protocol ??= import("pmtiles").then(({ Protocol }) => addProtocol("pmtiles", new Protocol().tile));
  protocol.catch(() => (protocol = undefined)); // the network broke off: the next who asks tries again
  return protocol;
}

/** Puts the base map below the layer `before`, or takes it away; a newer version replaces an older one. */
export async function showBaseMap(
  map: MapLibre, basemap: BaseMap | null, colour: Palette, language: Language, before: string, visible: boolean,
): Promise<void> {
  if (basemap?.url) await readable();
  const layers = baseLayers(colour, language);
  for (const { id } of layers) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource("basemap")) map.removeSource("basemap");
  if (!basemap?.url) return;
  const url = new URL(basemap.url, location.href);
  url.searchParams.set("v", String(basemap.version)); // the reader keeps directories by address
  map.addSource("basemap", { type: "vector", url: `pmtiles://${url}` });
  for (const layer of layers) {
    map.addLayer({ ...layer, layout: { ...layer.layout, visibility: visible ? "visible" : "none" } } as LayerSpecification, before);
  }
}

type Drawn = Extract<LayerSpecification, { type: "fill" | "line" | "symbol" }>;

function baseLayers(colour: Palette, language: Language): Drawn[] {
  const on = (id: string, layer: string) => ({ id, source: "basemap", "source-layer": layer });
  const halo = { "text-halo-color": colour("--map-land"), "text-halo-width": 1.5 };
  const name: ExpressionSpecification = ["coalesce", ["get", language === "zh" ? "name_zh" : "name"], ["get", "name"], ["get", "name_zh"], ""];
  const words = { "text-font": FONT, "text-field": name };
  const along = { ...words, "symbol-placement": "line" as const, "text-size": 11 };
  const round = { "line-join": "round", "line-cap": "round" } as const;
  const wide = (near: number, far: number) => ["interpolate", ["exponential", 1.6], ["zoom"], 8, near, 15, far] as never;
  return [
    { ...on("base-landcover", "landcover"), type: "fill", paint: { "fill-color": colour("--map-forest"), "fill-antialias": false } },
    { ...on("base-contour", "contour"), type: "line", minzoom: 11.5, filter: ["!", ["to-boolean", ["get", "index"]]], paint: { "line-color": colour("--map-contour"), "line-width": 0.6, "line-opacity": 0.7 } },
    { ...on("base-contour-index", "contour"), type: "line", minzoom: 9.5, filter: ["to-boolean", ["get", "index"]], paint: { "line-color": colour("--map-contour"), "line-width": 1.1 } },
    { ...on("base-water", "water"), type: "fill", paint: { "fill-color": colour("--map-water") } },
    { ...on("base-waterway", "waterway"), type: "line", layout: round, paint: { "line-color": colour("--map-river"), "line-width": wide(0.9, 3.2) } },
    { ...on("base-building", "building"), type: "fill", minzoom: 12, paint: { "fill-color": colour("--map-building") } },
    { ...on("base-road-casing", "road"), type: "line", layout: round, paint: { "line-color": colour("--map-land"), "line-width": wide(2.2, 7) } },
    { ...on("base-road", "road"), type: "line", layout: round, paint: { "line-color": colour("--map-road"), "line-width": wide(1, 3.6) } },
    {
      ...on("base-contour-labels", "contour"), type: "symbol", minzoom: 12, filter: ["to-boolean", ["get", "index"]],
      layout: { ...along, "text-field": ["to-string", ["get", "ele"]], "text-size": 10, "symbol-spacing": 320 },
      paint: { ...halo, "text-color": colour("--map-faint-text") },
    },
    { ...on("base-waterway-labels", "waterway"), type: "symbol", minzoom: 10, layout: { ...along, "text-letter-spacing": 0.06 }, paint: { ...halo, "text-color": colour("--map-water-text") } },
    { ...on("base-road-labels", "road"), type: "symbol", minzoom: 12, layout: along, paint: { ...halo, "text-color": colour("--map-faint-text") } },
    { ...on("base-water-labels", "water"), type: "symbol", layout: { ...words, "text-size": 11.5 }, paint: { ...halo, "text-color": colour("--map-water-text") } },
    {
      ...on("base-places", "place"), type: "symbol",
      layout: { ...words, "text-size": 12.5, "text-letter-spacing": 0.03, "text-anchor": "bottom" as const }, paint: { ...halo, "text-color": colour("--map-place-text"), "text-halo-width": 1.8 },
    },
  ];
}
