/** Where the fires are, as the map shows it: pure functions from incidents to GeoJSON. */
import type { Feature, FeatureCollection, Geometry, Polygon } from "geojson";
import { boundsOf, destination, positionsOf, type Bounds, type LonLat } from "../geo";
import { isOpen } from "../store";
import type { Hotspot, Incident } from "../wire";

/** How a fire is drawn: an exercise must never look like a fire, and what nobody was called for stays faint. */
export type Tone = "fire" | "smoke" | "drill" | "held";

export function toneOf(incident: Pick<Incident, "drill" | "held_back" | "kind">): Tone {
  if (incident.drill) return "drill";
  return incident.held_back ? "held" : incident.kind;
}

function collection(features: Feature[]): FeatureCollection<Geometry> {
  return { type: "FeatureCollection", features };
}

/** The open ones, and the chosen one, whatever its state. */
function shown(incidents: readonly Incident[], selected: string | null): Incident[] {
  return incidents.filter((one) => isOpen(one) || one.id === selected);
}

/** The ellipses and sectors in which the fires lie. */
export function regions(incidents: readonly Incident[], selected: string | null): FeatureCollection<Geometry> {
  return collection(
    shown(incidents, selected).flatMap((one) =>
      one.region
        ? [{
            type: "Feature" as const, geometry: one.region,
            properties: { tone: toneOf(one), selected: one.id === selected, point: one.place !== null },
          }]
        : [],
    ),
  );
}

/** Each satellite pixel at its size on the ground: the fire is somewhere in it, not at its centre. */
export function hotspots(incidents: readonly Incident[], selected: string | null): FeatureCollection<Geometry> {
  return collection(
    shown(incidents, selected).flatMap((one) =>
      one.hotspots.map((spot): Feature => ({
        type: "Feature", geometry: footprint(spot), properties: { tone: toneOf(one), confidence: spot.confidence },
      })),
    ),
  );
}

/** The pixel as a rectangle along the meridian: the files do not tell the track's direction, which is about that. */
export function footprint({ location, scan_km, track_km }: Pick<Hotspot, "location" | "scan_km" | "track_km">): Polygon {
  const centre = location.coordinates as LonLat;
  const side = (north: number, east: number): LonLat =>
    destination(destination(centre, north > 0 ? 0 : 180, (track_km * 1000) / 2), east > 0 ? 90 : 270, (scan_km * 1000) / 2);
  const ring = [side(-1, -1), side(-1, 1), side(1, 1), side(1, -1)];
  return { type: "Polygon", coordinates: [[...ring, ring[0]!]] };
}

/** The lines from each camera that saw it to where the fire is. */
export function sightLines(incidents: readonly Incident[], selected: string | null): FeatureCollection<Geometry> {
  return collection(
    shown(incidents, selected).filter((one) => one.place !== null).flatMap((one) =>
      one.suspicions.filter((report) => report.bearing_deg !== null).map((report): Feature => ({
        type: "Feature", properties: { tone: toneOf(one) },
        geometry: { type: "LineString", coordinates: [report.location.coordinates, one.place!.location.coordinates] },
      })),
    ),
  );
}

/** The box round all that is known of where it is; null where there is no place and no region. */
export function placeBounds(incident: Incident): Bounds | null {
  const cameras = incident.suspicions.map((one) => one.location.coordinates);
  const geometry = incident.region && "coordinates" in incident.region ? [...positionsOf(incident.region.coordinates)] : [];
  const place = incident.place ? [incident.place.location.coordinates] : [];
  const spots = incident.hotspots.map((one) => one.location.coordinates);
  const reports = incident.reports.flatMap((one) => [one.location, one.standpoint]).flatMap((one) => (one ? [one.coordinates] : []));
  return boundsOf([...cameras, ...geometry, ...place, ...spots, ...reports]);
}
