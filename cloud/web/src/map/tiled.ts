/** The layers that can be switched, on the map: which are visible, and where their tiles come from. */
import type { Map as MapLibre, VectorTileSource } from "maplibre-gl";
import { breaks } from "../research/scale";
import type { State } from "../store";
import { TILE_LAYERS, tileUrl, type TileLayer } from "./api";
import { CLASSES } from "./cells";
import { FIRST_LAYERS, LAYER_IDS, LAYERS, type LayerId } from "./layers";
import type { Sources } from "./sources";
import { densityPaint, type Palette } from "./style";

const USED_BY: Readonly<Record<TileLayer, readonly LayerId[]>> = {
  cameras: ["cameras", "views"], density: ["density"], hotspots: ["hotspots"], tracks: ["tracks"],
};

/** What the reader switched on holds for the map page; elsewhere the map answers another question. */
export function shownLayers({ page, atlas }: Pick<State, "page" | "atlas">): readonly LayerId[] {
  return page === "map" ? atlas.layers : FIRST_LAYERS.filter((id) => page !== "counts" || (id !== "hotspots" && id !== "sightings"));
}

export interface TiledLayers {
  show(state: State): void;
  /** The style was made anew: everything is to be said again. */
  forget(): void;
  /** What a layer's tiles tell has changed. */
  changed(layer: TileLayer): void;
  /** The classes of density that fit what is on the map now, empty where nothing was seen on it. */
  limits(): number[];
}

export function attachTiles(map: MapLibre, sources: Sources, colour: () => Palette): TiledLayers {
  let asked: Partial<Record<TileLayer, string>> = {};
  let painted: readonly number[] | null = null;

  function show(state: State): void {
    const layers = shownLayers(state);
    const { reserve, atlas, now } = state;
    for (const layer of TILE_LAYERS) {
      if (!reserve || !USED_BY[layer].some((id) => layers.includes(id))) continue;
      const url = tileUrl(layer, reserve.slug, atlas, now, reserve.timezone);
      if (asked[layer] === url) continue;
      asked[layer] = url;
      map.getSource<VectorTileSource>(`${layer}-tiles`)?.setTiles([url]);
    }
    for (const id of LAYER_IDS) {
      for (const drawn of LAYERS[id].drawn) {
        const layer = map.getLayer(drawn);
        if (!layer) continue;
        const tiled = TILE_LAYERS.find((one) => layer.source === `${one}-tiles`);
        sources.allow(drawn, layers.includes(id) && (!tiled || asked[tiled] !== undefined));
      }
    }
    if (painted !== atlas.limits) {
      painted = atlas.limits;
      map.setPaintProperty("density", "fill-color", densityPaint(colour(), atlas.limits));
    }
  }

  return {
    show,
    forget() {
      asked = {};
      painted = null;
    },
    changed(layer) {
      if (asked[layer]) map.refreshTiles(`${layer}-tiles`);
    },
    limits() {
      const cells = map.querySourceFeatures("density-tiles", { sourceLayer: "density" });
      return breaks(cells.map((one) => Number(one.properties["rate"] ?? 0)), CLASSES);
    },
  };
}
