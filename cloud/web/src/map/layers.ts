/** The layers that can be switched: which there are, what each is drawn with, and what its symbols look like. Pure.
 * The words are in i18n/map.*.ts: `layer.<id>`, and `legend.<key>` for each symbol. */
import type { HealthStatus } from "../wire";

export const LAYER_GROUPS = ["wildlife", "fire", "reserve"] as const;
export type LayerGroup = (typeof LAYER_GROUPS)[number];

export const LAYER_IDS = [
  "cameras", "views", "sightings", "density", "flights", "incidents", "hotspots", "stations", "boundary", "zones", "tracks", "basemap", "grid",
] as const;
export type LayerId = (typeof LAYER_IDS)[number];

export interface Layer {
  readonly group: LayerGroup;
  /** On for whoever opens the map the first time. */
  readonly on: boolean;
  /** Ids of the style's layers (style.ts) that are hidden with it. */
  readonly drawn: readonly string[];
}

export const LAYERS: Readonly<Record<LayerId, Layer>> = {
  basemap: {
    group: "reserve", on: true,
    drawn: [
      "base-landcover", "base-water", "base-contour", "base-contour-index", "base-waterway", "base-road-casing", "base-road",
      "base-building", "base-contour-labels", "base-waterway-labels", "base-road-labels", "base-water-labels", "base-places",
    ],
  },
  grid: { group: "reserve", on: true, drawn: ["graticule", "graticule-labels"] },
  boundary: { group: "reserve", on: true, drawn: ["boundary-glow", "boundary"] },
  zones: { group: "reserve", on: true, drawn: ["zones", "zone-labels"] },
  tracks: { group: "reserve", on: false, drawn: ["tracks-casing", "tracks", "tracks-labels"] },
  cameras: { group: "wildlife", on: true, drawn: ["cameras", "camera-clusters", "camera-cluster-counts"] },
  views: { group: "wildlife", on: true, drawn: ["cones", "ground", "ground-line"] },
  sightings: { group: "wildlife", on: true, drawn: ["sightings", "sightings-counts"] },
  density: { group: "wildlife", on: false, drawn: ["density", "density-unseen", "density-line"] },
  flights: { group: "wildlife", on: true, drawn: ["flights", "flight-animals"] },
  incidents: {
    group: "fire", on: true,
    drawn: ["bearings", "hotspots", "hotspots-line", "regions", "regions-line", "regions-drill", "sight-lines"],
  },
  hotspots: { group: "fire", on: true, drawn: ["satellite", "satellite-core"] },
  stations: { group: "fire", on: true, drawn: ["stations", "stations-values", "stations-wind"] },
};

export const FIRST_LAYERS: readonly LayerId[] = LAYER_IDS.filter((id) => LAYERS[id].on);

export function isLayer(text: string): text is LayerId {
  return (LAYER_IDS as readonly string[]).includes(text);
}

/** `layers` with this one switched, in the order of `LAYER_IDS`. */
export function switched(layers: readonly LayerId[], id: LayerId): LayerId[] {
  return LAYER_IDS.filter((one) => (one === id ? !layers.includes(id) : layers.includes(one)));
}

export const STATUSES: readonly HealthStatus[] = ["ok", "attention", "silent", "never_seen", "ended"];
