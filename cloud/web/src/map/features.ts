/** What the map shows, from the state: pure functions that give GeoJSON. */
import type { Feature, FeatureCollection, Geometry, MultiPolygon, Point, Polygon, Position } from "geojson";
import { boundsOf, destination, distance, northernmost, positionsOf, sector, type Bounds, type LonLat } from "../geo";
import type { Language, Translate } from "../i18n";
import type { Drawing } from "../polygon";
import { isOpen, type State } from "../store";
import type { OnDuty } from "../desk/wire";
import type { Area, Deployment, Incident, Suspicion } from "../wire";
import type { SeenThere } from "./state";
import { toneOf } from "./fires";

type Collection = FeatureCollection<Geometry>;

function collection(features: Feature[]): Collection {
  return { type: "FeatureCollection", features };
}

function feature(geometry: Geometry, properties: Record<string, unknown> = {}): Feature {
  return { type: "Feature", properties, geometry };
}

export const NOTHING: Collection = collection([]);

export function areaFeature(area: Area | null): Collection {
  return area ? collection([feature(area)]) : NOTHING;
}

export function pointFeature(at: LonLat | null): Collection {
  return at ? collection([feature(point(at))]) : NOTHING;
}

/** Everything but the reserve: the world with the boundary's outer rings as holes. */
export function outside(boundary: Area | null): Collection {
  if (!boundary) return NOTHING;
  const world: Position[] = [[-180, -85], [180, -85], [180, 85], [-180, 85], [-180, -85]];
  const holes = polygonsOf(boundary).map((rings) => rings[0]!);
  return collection([feature({ type: "Polygon", coordinates: [world, ...holes] })]);
}

/** A zone's name, and below it what `duty` says of it. */
export function zoneLabels(zones: State["zones"], language: Language, duty: (zone: string) => string = () => ""): Collection {
  return collection(
    zones.features.map((zone) => {
      const words = duty(zone.properties.id);
      return feature(point(belowNorthernEdge(zone.geometry)), {
        name: localName(zone.properties, language), duty: words && `\n${words}`,
      });
    }),
  );
}

/** In the middle of the north edge, where a name hangs out of the way of cameras. */
function belowNorthernEdge(area: Area): LonLat {
  const [west, , east] = boundsOf(positionsOf(area.coordinates))!;
  const lon = (west + east) / 2;
  const crossings = polygonsOf(area).flat().flatMap((ring) =>
    ring.slice(1).flatMap((to, i): LonLat[] => {
      const from = ring[i]!;
      const [a, b] = from[0]! < to[0]! ? [from, to] : [to, from];
      if (a[0] === b[0] || lon < a[0]! || lon > b[0]!) return [];
      return [[lon, a[1]! + ((lon - a[0]!) / (b[0]! - a[0]!)) * (b[1]! - a[1]!)]];
    }));
  return northernmost(crossings.length > 0 ? crossings : positionsOf(area.coordinates));
}

/** Those who are called first; others come later, and are on the fire desk. */
export function dutyWords(onDuty: OnDuty, zone: string, t: Translate): string {
  const people = onDuty.zones.find((one) => one.zone_id === zone)?.people ?? [];
  const first = people.filter((one) => one.place === people[0]?.place);
  if (first.length === 0) return t("map.duty_nobody");
  return first.map((one) => (one.reachable ? one.account : t("map.duty_unreachable", { name: one.account }))).join(", ");
}

/** What was seen on the days on show, where the cameras are known. */
export function seenThere(seen: readonly SeenThere[], deployments: State["deployments"]): Collection {
  const places = new Map(deployments.features.map((one) => [one.properties.id, one.geometry]));
  return collection(
    seen.flatMap(({ deployment, observations }) => {
      const at = places.get(deployment);
      return at ? [feature(at, { id: deployment, observations })] : [];
    }),
  );
}

export function localName(named: { name: string; name_zh: string | null }, language: Language): string {
  return (language === "zh" && named.name_zh) || named.name;
}

export function hasEnded(deployment: Deployment, now: number): boolean {
  return deployment.ended_at !== null && Date.parse(deployment.ended_at) <= now;
}

/** Fields of view at their true size on the ground, where the detection distance is known. */
export function groundSectors(deployments: State["deployments"]): Collection {
  return collection(
    deployments.features
      .filter(({ properties: one }) => looks(one) && one.detection_distance_m)
      .map(({ geometry, properties: one }) =>
        feature(sector(lonLat(geometry), one.heading_deg!, one.field_of_view_deg!, one.detection_distance_m!)),
      ),
  );
}

function looks(one: Deployment): boolean {
  return one.heading_deg !== null && one.field_of_view_deg !== null;
}

const FADE_STEPS = 24;

/** A sector from each camera that reported an open incident, along its bearing, fading out: how far the fire is
 * cannot be told from one camera, so the sector has no end of its own. */
export function bearingSectors(incidents: Incident[], reach: number): Collection {
  const features: Feature[] = [];
  for (const incident of incidents.filter(isOpen)) {
    for (const report of latestReports(incident)) {
      if (report.bearing_deg === null) continue;
      const width = Math.max(3, 4 * (report.bearing_sd_deg ?? 1)); // ± two standard deviations
      for (let step = 1; step <= FADE_STEPS; step++) {
        const metres = (reach * step) / FADE_STEPS; // sectors upon sectors: the nearer, the more of them
        features.push(feature(sector(lonLat(report.location), report.bearing_deg, width, metres), { tone: toneOf(incident) }));
      }
    }
  }
  return collection(features);
}

/** The box round an incident's sectors, as they are drawn, and its cameras. */
export function incidentBounds(incident: Incident, reach: number): Bounds | null {
  const positions = latestReports(incident).flatMap(({ location, bearing_deg }) => {
    const at = lonLat(location);
    return bearing_deg === null ? [at] : [at, destination(at, bearing_deg, reach)];
  });
  return boundsOf(positions);
}

/** The smallest box that holds all of them. */
export function united(boxes: (Bounds | null)[]): Bounds | null {
  return boundsOf(boxes.flatMap((box) => (box ? [[box[0], box[1]], [box[2], box[3]]] : [])));
}

/** The newest report of each camera. */
export function latestReports(incident: Incident): Suspicion[] {
  const byCamera = new Map<string, Suspicion>();
  for (const one of [...incident.suspicions].sort((a, b) => a.observed_at.localeCompare(b.observed_at))) {
    byCamera.set(one.deployment_id, one);
  }
  return [...byCamera.values()];
}

/** How long a bearing's sector is drawn: about half the reserve. */
export function reachOf(bounds: Bounds | null): number {
  const diagonal = bounds ? distance([bounds[0], bounds[1]], [bounds[2], bounds[3]]) : 0;
  return Math.min(30_000, Math.max(1_500, diagonal * 0.45));
}

/** What "the whole reserve" means on the map: its boundary, else its cameras. */
export function reserveBounds(state: State): Bounds | null {
  const boundary = state.reserve?.boundary;
  const deployments = state.deployments.features.map((one) => one.geometry.coordinates);
  return boundary ? boundsOf(positionsOf(boundary.coordinates)) : boundsOf(deployments);
}

export function draft(drawing: Drawing, pointer: LonLat | null): { shape: Collection; corners: Collection } {
  const path = pointer ? [...drawing.corners, pointer] : [...drawing.corners];
  const shape: Feature[] = [];
  if (path.length >= 2) shape.push(feature({ type: "LineString", coordinates: [...path, ...(path.length > 2 ? [path[0]!] : [])] }));
  if (path.length >= 3) shape.push(feature({ type: "Polygon", coordinates: [[...path, path[0]!]] }));
  const corners = drawing.corners.map((corner, i) => feature(point(corner), { first: i === 0 }));
  return { shape: collection(shape), corners: collection(corners) };
}

export function lonLat(at: Point): LonLat {
  return [at.coordinates[0]!, at.coordinates[1]!];
}

function point(at: LonLat): Point {
  return { type: "Point", coordinates: at };
}

function polygonsOf(area: Polygon | MultiPolygon): Position[][][] {
  return area.type === "Polygon" ? [area.coordinates] : area.coordinates;
}
