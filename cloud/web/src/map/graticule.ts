/** Lines of latitude and longitude for the part of the world on show, with labels at the west and south edges. */
import type { Feature, FeatureCollection, LineString, Point } from "geojson";
import type { Bounds } from "../geo";

// Degrees, minutes and seconds as maps have them: 10°, 5°, 2°, 1°, 30′, 20′, 10′, 5′, 2′, 1′, 30″, 10″, 5″, 1″.
const STEPS = [10, 5, 2, 1, 1 / 2, 1 / 3, 1 / 6, 1 / 12, 1 / 30, 1 / 60, 1 / 120, 1 / 360, 1 / 720, 1 / 3600];
const LINES_ABOUT = 5;

export function graticuleStep(span: number): number {
  return STEPS.find((step) => span / step >= LINES_ABOUT) ?? STEPS.at(-1)!;
}

/** `edge`: the longitude at which the parallels' labels stand. */
export function graticule([west, south, east, north]: Bounds, edge: number = west): FeatureCollection<LineString | Point> {
  const step = graticuleStep(Math.min(east - west, (north - south) * 1.5));
  const features: Feature<LineString | Point>[] = [];
  for (const lon of multiples(west, east, step)) {
    features.push(line([[lon, south], [lon, north]]));
    features.push(label([lon, south], angle(lon, "E", "W"), "bottom", [0, -0.3]));
  }
  for (const lat of multiples(south, north, step)) {
    features.push(line([[west, lat], [east, lat]]));
    features.push(label([edge, lat], angle(lat, "N", "S"), "left", [0.4, 0]));
  }
  return { type: "FeatureCollection", features };
}

/** 24.508333 → 24°30′30″N; minutes and seconds only where they are not zero. */
export function angle(value: number, positive: string, negative: string): string {
  const seconds = Math.round(Math.abs(value) * 3600);
  const [d, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  const parts = `${d}°` + (m || s ? `${two(m)}′` : "") + (s ? `${two(s)}″` : "");
  return parts + (seconds === 0 ? "" : value > 0 ? positive : negative);
}

function* multiples(from: number, to: number, step: number): Generator<number> {
  for (let i = Math.ceil(from / step); i * step <= to; i++) yield i * step;
}

function line(coordinates: [number, number][]): Feature<LineString> {
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
}

function label(at: [number, number], text: string, anchor: string, offset: [number, number]): Feature<Point> {
  return { type: "Feature", properties: { label: text, anchor, offset }, geometry: { type: "Point", coordinates: at } };
}
