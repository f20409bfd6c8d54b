/** Nodes with sensors as the map draws them. Pure. */
import type { Feature, FeatureCollection, Point } from "geojson";
import type { SensorStation } from "../camera/power";
import { significant } from "../format";
import type { State } from "../store";

const OLD_MS = 2 * 3_600_000;
/** What stands beside the symbol, the most asked for first; two lines are enough. */
const SHOWN: readonly (readonly [quantity: string, unit: string])[] = [
  ["temperature_c", "°C"], ["humidity_percent", "%"], ["wind_speed_ms", "m/s"], ["water_level_m", "m"], ["rain_mm", "mm"],
];

export function stationFeatures(stations: readonly SensorStation[], { language, now }: Pick<State, "language" | "now">): FeatureCollection<Point> {
  const features = stations.flatMap((one): Feature<Point>[] => {
    if (!one.location) return [];
    const newest = (quantity: string) => one.newest.filter((each) => each.quantity === quantity)
      .reduce<SensorStation["newest"][number] | null>((a, b) => (a && a.observed_at > b.observed_at ? a : b), null);
    const words = SHOWN.flatMap(([quantity, unit]) => {
      const found = newest(quantity);
      return found ? [`${significant(found.value, language)} ${unit}`] : [];
    });
    const wind = newest("wind_direction_deg");
    const heard = Math.max(...one.newest.map((each) => Date.parse(each.observed_at)));
    return [{
      type: "Feature",
      geometry: { type: "Point", coordinates: one.location.coordinates },
      properties: {
        node: one.node, words: [words.slice(0, 3).join(" · "), words.slice(3).join(" · ")].filter(Boolean).join("\n"), old: now - heard > OLD_MS,
        ...(wind ? { wind: wind.value } : {}),
      },
    }];
  });
  return { type: "FeatureCollection", features };
}
