/** Drones' flights as the map draws them. Pure. */
import type { Feature, FeatureCollection, LineString, Point } from "geojson";
import type { FlightPoints, FlightSummary } from "./wire";

export function flightLines(flights: readonly FlightSummary[]): FeatureCollection<LineString> {
  const features = flights.flatMap((one): Feature<LineString>[] => (one.track
    ? [{ type: "Feature", geometry: { type: "LineString", coordinates: one.track.coordinates }, properties: { id: one.id, name: one.name } }]
    : []));
  return { type: "FeatureCollection", features };
}

export function flightAnimals(animals: FlightPoints["features"]): FeatureCollection<Point> {
  return {
    type: "FeatureCollection",
    features: animals.map(({ geometry, properties }): Feature<Point> => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: geometry.coordinates },
      properties: { media: properties.media_id, taxon: properties.scientific_name, at: properties.observed_at },
    })),
  };
}
