/** What the map page holds beside the reserve's own data. */
import type { SensorStations } from "../camera/power";
import type { OnDuty } from "../desk/wire";
import type { Taxon } from "../wire";
import { MAP_START, type CellKind, type Place } from "./address";
import type { LayerId } from "./layers";
import { FIRST_LAYERS, LAYER_IDS, isLayer } from "./layers";
import type { Shown } from "./time";
import type { BaseMap, FlightPoints, FlightSummary, LatestPicture } from "./wire";

export type Theme = "dark" | "light";
export const SPEEDS = [0.5, 1, 2, 4] as const;

/** What was seen at one camera during the days on show. */
export interface SeenThere {
  readonly deployment: string;
  readonly observations: number;
}

export interface MapState {
  readonly theme: Theme;
  readonly layers: readonly LayerId[];
  /** Whether the list of layers, which is the legend too, is open. */
  readonly legendOpen: boolean;
  readonly timeOpen: boolean;
  readonly shown: Shown;
  /** The steps that are on show at once, once the map is no longer live. */
  readonly playing: boolean;
  readonly speed: (typeof SPEEDS)[number];
  /** Whose density, a scientific name; null: of all animals. */
  readonly taxon: string | null;
  readonly cells: CellKind;
  /** Upper limits of the classes of density, from what was on the map when the species was chosen. */
  readonly limits: readonly number[];
  /** Where the map stands, as the reader left it. */
  readonly at: Place | null;
  readonly basemap: BaseMap | null;
  readonly onDuty: OnDuty | null;
  /** Nodes with sensors, and what these said last. */
  readonly stations: SensorStations["items"];
  readonly flights: { readonly lines: readonly FlightSummary[]; readonly animals: FlightPoints["features"] };
  readonly taxa: readonly Taxon[];
  /** null: not days, or not read yet. `more`: only the newest were read. */
  readonly seen: { readonly there: readonly SeenThere[]; readonly total: number; readonly more: boolean } | null;
  /** Of the chosen camera. */
  readonly latest: { readonly deployment: string; readonly picture: LatestPicture } | null;
  readonly search: { readonly query: string; readonly active: number; readonly open: boolean };
  readonly said: "link_copied" | "copy_failed" | "export_failed" | null;
  /** An image of the map is being made, or stands ready for the printer. */
  readonly exporting: boolean;
  readonly sheet: string | null;
}

export const NO_SEARCH: MapState["search"] = { query: "", active: 0, open: false };
const PREFERENCES = "fieldwatch.map";

export type Preferences = Pick<MapState, "theme" | "layers" | "legendOpen" | "speed">;
export const PLAIN: Preferences = { theme: "dark", layers: FIRST_LAYERS, legendOpen: false, speed: 1 };

/** For a reserve that was just opened: what the reader prefers stays, what belongs to the reserve goes. */
export function emptyMap(before: Preferences): MapState {
  const { theme, layers, legendOpen, speed } = before;
  return {
    theme, layers, legendOpen, speed,
    timeOpen: false, shown: null, playing: false, taxon: null, cells: MAP_START.cells, limits: [], at: null,
    basemap: null, onDuty: null, stations: [], flights: { lines: [], animals: [] }, taxa: [], seen: null, latest: null, search: NO_SEARCH, said: null, exporting: false, sheet: null,
  };
}

/** What this browser was told before; on a roomy screen the legend is open. */
export function preferences(): Preferences {
  const roomy = matchMedia("(min-width: 1180px)").matches;
  const start = { ...PLAIN, legendOpen: roomy };
  try {
    const kept = JSON.parse(localStorage.getItem(PREFERENCES) ?? "{}") as { theme?: unknown; layers?: unknown; legend?: unknown };
    const layers = Array.isArray(kept.layers) ? LAYER_IDS.filter((id) => (kept.layers as unknown[]).includes(id) && isLayer(id)) : start.layers;
    return {
      ...start, layers, theme: kept.theme === "light" ? "light" : "dark",
      legendOpen: roomy && kept.legend !== false,
    };
  } catch {
    return start; // another program's, or cut off
  }
}

export function remember({ theme, layers, legendOpen }: MapState): void {
  localStorage.setItem(PREFERENCES, JSON.stringify({ theme, layers, legend: legendOpen }));
}
