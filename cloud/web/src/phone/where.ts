/** Where the fire is, as seen from where the ranger stands. Pure. Positions are [longitude, latitude], degrees from true
 * north clockwise, distances metres. */
import type { Geometry } from "geojson";
import { boundsOf, destination, distance, positionsOf, sector, type LonLat } from "../geo";
import type { Incident, Suspicion } from "./wire";

const RAD = Math.PI / 180;
/** How far a direction without a distance is drawn. */
export const REACH = 12_000;

/** The direction in which one sets out from `a` to go straight to `b`. */
export function bearing(a: LonLat, b: LonLat): number {
  const dLon = (b[0] - a[0]) * RAD;
  const [lat1, lat2] = [a[1] * RAD, b[1] * RAD];
  const y = Math.sin(dLon) * Math.cos(lat2);
  const x = Math.cos(lat1) * Math.sin(lat2) - Math.sin(lat1) * Math.cos(lat2) * Math.cos(dLon);
  return (Math.atan2(y, x) / RAD + 360) % 360;
}

export const POINTS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"] as const;

/** The nearest of eight compass points: sixteen cannot be told apart on foot. */
export function point(degrees: number): (typeof POINTS)[number] {
  return POINTS[Math.round((((degrees % 360) + 360) % 360) / 45) % 8]!;
}

/** Whether a position lies in a Polygon or MultiPolygon (even-odd rule, on the plane: fine below a few dozen km). */
export function inside(at: LonLat, area: Geometry | null): boolean {
  if (area?.type !== "Polygon" && area?.type !== "MultiPolygon") return false;
  const rings = area.type === "Polygon" ? area.coordinates : area.coordinates.flat();
  let within = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[x1, y1], [x2, y2]] = [ring[i] as LonLat, ring[j] as LonLat];
      if (y1 > at[1] !== y2 > at[1] && at[0] < ((x2 - x1) * (at[1] - y1)) / (y2 - y1) + x1) within = !within;
    }
  }
  return within;
}

/** What a ranger can go to: the fire's place where it is known, else the camera that saw it. */
export function goal(incident: Incident): { at: LonLat; what: "fire" | "camera" } | null {
  const place = incident.place?.location.coordinates;
  if (place) return { at: [place[0]!, place[1]!], what: "fire" };
  const newest = latest(incident.suspicions)[0];
  return newest ? { at: at(newest), what: "camera" } : null;
}

export function at(suspicion: Pick<Suspicion, "location">): LonLat {
  const [lon, lat] = suspicion.location.coordinates;
  return [lon!, lat!];
}

/** The newest report of each camera, newest first. */
export function latest<S extends Pick<Suspicion, "deployment_id" | "observed_at">>(suspicions: readonly S[]): S[] {
  const byCamera = new Map<string, S>();
  for (const one of [...suspicions].sort((a, b) => a.observed_at.localeCompare(b.observed_at))) {
    byCamera.delete(one.deployment_id);
    byCamera.set(one.deployment_id, one);
  }
  return [...byCamera.values()].reverse();
}

/** The directions that cameras saw it in, ± two standard deviations, as areas on the ground. */
export function sectors(incident: Incident): LonLat[][] {
  const place = incident.place?.location.coordinates as LonLat | undefined;
  return latest(incident.suspicions).filter((one) => one.bearing_deg !== null).map((one) => {
    const reach = place ? 1.15 * distance(at(one), place) : REACH;
    const ring = sector(at(one), one.bearing_deg!, Math.max(2, 4 * (one.bearing_sd_deg ?? 1)), reach).coordinates[0]!;
    return ring as LonLat[];
  });
}

// A sketch: north up, no tiles, no script of a megabyte ------------------------------------------------

export interface Sketch {
  /** From a position to pixels of the picture. */
  place(at: LonLat): [x: number, y: number];
  /** Outline of an area as SVG path data. */
  path(area: Geometry | readonly LonLat[]): string;
  /** Pixels that so many metres take up. */
  length(metres: number): number;
  /** The longest round length that fits into a third of the picture's width, in metres. */
  scale: number;
}

/** The picture of `width` × `height` pixels that holds all of `positions`, with a free margin. Plane, round their
 * middle (equirectangular): wrong by less than 0.2 % over 30 km. */
export function sketch(positions: readonly LonLat[], width: number, height: number, margin = 26): Sketch {
  const [west, south, east, north] = boundsOf(positions) ?? [0, 0, 0, 0];
  const middle: LonLat = [(west + east) / 2, (south + north) / 2];
  const perDegree = distance(middle, [middle[0], middle[1] + 0.01]) * 100;
  const squeeze = Math.cos(middle[1] * RAD);
  const across = Math.max((east - west) * perDegree * squeeze, 400);
  const along = Math.max((north - south) * perDegree, 400);
  const perMetre = Math.min((width - 2 * margin) / across, (height - 2 * margin) / along);
  const place = ([lon, lat]: LonLat): [number, number] => [
    round(width / 2 + (lon - middle[0]) * perDegree * squeeze * perMetre),
    round(height / 2 - (lat - middle[1]) * perDegree * perMetre),
  ];
  const ringPath = (ring: readonly LonLat[]) => `M${ring.map((one) => place(one).join(" ")).join("L")}Z`;
  return {
    place,
    path: (area) => {
      if (!("type" in area)) return ringPath(area);
      if (area.type === "Polygon") return (area.coordinates as LonLat[][]).map(ringPath).join("");
      return area.type === "MultiPolygon" ? (area.coordinates.flat() as LonLat[][]).map(ringPath).join("") : "";
    },
    length: (metres) => round(metres * perMetre),
    scale: roundLength(width / 3 / perMetre),
  };
}

/** The largest of 1, 2, 5 × 10ⁿ that is not above `metres`. */
export function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].find((step) => step * power <= metres)! * power;
}

/** Everything that the sketch must hold. The ranger's own place only where it is near enough to help. */
export function toShow(incident: Incident, self: LonLat | null): LonLat[] {
  const region = incident.region as { coordinates?: unknown } | null;
  const fire: LonLat[] = [
    ...incident.suspicions.map(at),
    ...([...positionsOf(region?.coordinates ?? [])] as LonLat[]),
    ...(incident.place ? [incident.place.location.coordinates as LonLat] : []),
    ...(region ? [] : sectors(incident).flat()),
    ...incident.hotspots.map((one) => one.location.coordinates as LonLat),
  ];
  const target = goal(incident);
  return self && target && distance(self, target.at) < 40_000 ? [...fire, self] : fire;
}

/** The ellipse as an outline, where the cloud gave its axes but no area. */
export function ellipse(centre: LonLat, major: number, minor: number, orientation: number): LonLat[] {
  return Array.from({ length: 48 }, (_, i) => {
    const angle = (i / 48) * 2 * Math.PI;
    const [along, aside] = [major * Math.cos(angle), minor * Math.sin(angle)];
    return destination(centre, orientation + Math.atan2(aside, along) / RAD, Math.hypot(along, aside));
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
