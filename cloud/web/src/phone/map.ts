/** The large map, loaded only by whoever asks for it: MapLibre is a megabyte of script. It shows the reserve, its cameras
 * and the fire; there are no tiles. */
import "maplibre-gl/dist/maplibre-gl.css";
import type { FeatureCollection, Geometry } from "geojson";
import { Map as MapLibre, Marker, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { boundsOf, type LonLat } from "../geo";
import { withoutSky } from "../map/sky";
import { attachSources } from "../map/sources";
import { baseStyle, pagePalette } from "../map/style";
import * as features from "../map/features";
import type { Reserve, Zones } from "../wire";
import { ask } from "./cloud";
import type { PhoneStore } from "./store";
import type { Incident } from "./wire";
import * as where from "./where";

setWorkerUrl(workerUrl);

/** Fills `element`; resolves when it is drawn. Throws `ApiError` where the reserve cannot be read. */
export async function showMap(element: HTMLElement, store: PhoneStore): Promise<void> {
  const { incident, here } = store.state;
  if (!incident) return;
  const { reserve: slug } = incident.incident;
  const [reserves, zones] = await Promise.all([
    ask("GET", "reserves").then((answer) => answer.json() as Promise<Reserve[]>),
    ask("GET", `reserves/${slug}/zones`).then((answer) => answer.json() as Promise<Zones>),
  ]);
  const boundary = reserves.find((one) => one.slug === slug)?.boundary ?? null;
  element.replaceChildren();
  element.className = "map";
  const colour = pagePalette();
  const map = new MapLibre({
    container: element, style: baseStyle(colour), attributionControl: false,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, cooperativeGestures: false,
    bounds: boundsOf(where.toShow(incident.incident, here?.at ?? null)) ?? [-180, -60, 180, 60], fitBoundsOptions: { padding: 36 },
  });
  withoutSky(map);
  map.touchZoomRotate.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-right");
  const { set } = attachSources(map);
  await map.once("load");
  set("boundary", features.areaFeature(boundary));
  set("outside", features.outside(boundary));
  set("zones", zones);
  set("zone-labels", features.zoneLabels(zones, store.state.language));
  set("bearings", shapes(incident.incident));
  map.setPaintProperty("bearings", "fill-opacity", 0.3);
  for (const one of where.latest(incident.incident.suspicions)) mark(map, where.at(one), "camera", one.deployment);
  const place = incident.incident.place?.location.coordinates as LonLat | undefined;
  if (place) mark(map, place, "fire", "✕");
  if (here) mark(map, here.at, "you", "");
  // The panel that holds it opens after this: then it has its size.
  new ResizeObserver(() => map.resize()).observe(element);
}

function shapes(incident: Incident): FeatureCollection {
  const areas: Geometry[] = where.sectors(incident).map((ring) => ({ type: "Polygon", coordinates: [ring] }));
  if (incident.place && incident.region) areas.push(incident.region as Geometry);
  return {
    type: "FeatureCollection",
    features: areas.map((geometry) => ({ type: "Feature", geometry, properties: { kind: incident.kind } })),
  };
}

function mark(map: MapLibre, at: LonLat, kind: "camera" | "fire" | "you", label: string): void {
  const element = document.createElement("div");
  element.className = `mark ${kind}`;
  element.textContent = label;
  new Marker({ element }).setLngLat(at).addTo(map);
}
