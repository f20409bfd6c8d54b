/** The legend's symbols, as paths on a 24 × 24 grid in the page's colours: one drawing for the page and for an image. Pure. */
import { FIRE_SHAPES, HEALTH_SHAPES } from "../shapes";
import type { HealthStatus } from "../wire";
import type { LayerId } from "./layers";
import type { BaseMap } from "./wire";

export type Token = `--${string}`;

export interface Stroke {
  readonly d: string;
  readonly fill?: Token;
  readonly stroke?: Token;
  readonly width?: number;
  readonly dash?: string;
  readonly opacity?: number;
}

export interface LegendEntry {
  /** `legend.<key>` in the dictionaries. */
  readonly key: string;
  readonly strokes: readonly Stroke[];
  /** What the words' placeholders stand for. */
  readonly values?: Readonly<Record<string, string | number>>;
}

const SQUARE = "M3 5H21V19H3Z";
const ROUND = (r: number) => `M12 ${12 - r}a${r} ${r} 0 1 0 0 ${2 * r}a${r} ${r} 0 1 0 0 ${-2 * r}Z`;
const across = (stroke: Token, more: Partial<Stroke> = {}): Stroke => ({ d: "M1 12H23", stroke, width: 2, ...more });

const HEALTH_TOKENS: Readonly<Record<HealthStatus, Token>> = {
  ok: "--ok", attention: "--attention", silent: "--silent", never_seen: "--never", ended: "--never",
};

function health(status: HealthStatus): LegendEntry {
  const { outline, mark } = HEALTH_SHAPES[status];
  const hollow = status === "never_seen" || status === "ended";
  const strokes = [{ d: outline, fill: HEALTH_TOKENS[status] }, { d: mark, fill: hollow ? ("--never" as const) : ("--map-outside" as const) }];
  return { key: `health.${status}`, strokes };
}

/** Swatches of density: hatched where nobody looked, zero, then the classes between `limits`. */
function density(limits: readonly number[], shades: number, number: (value: number) => string): LegendEntry[] {
  const swatch = (shade: number): Stroke => ({ d: SQUARE, fill: `--shade-${shade}`, stroke: "--control", width: 0.8 });
  return [
    {
      key: "density.unseen",
      strokes: [
        { d: SQUARE, fill: "--hatch-ground", stroke: "--control", width: 0.8 },
        { d: "M3 9 7 5M3 14 12 5M3 19 17 5M8 19 21 6M13 19 21 11M18 19 21 16", stroke: "--hatch", width: 1.3 },
      ],
    },
    { key: "density.zero", strokes: [swatch(0)] },
    ...limits.map((limit, i): LegendEntry => {
      const shade = limits.length <= 1 ? shades : 1 + Math.round((i / (limits.length - 1)) * (shades - 1));
      if (i === 0) return { key: "density.up_to", strokes: [swatch(shade)], values: { to: number(limit) } };
      const values = { from: number(limits[i - 1]!), to: number(limit) };
      return { key: i === limits.length - 1 ? "density.above" : "density.between", strokes: [swatch(shade)], values };
    }),
  ];
}

const BASE_KINDS: readonly (readonly [kind: RegExp, entry: LegendEntry])[] = [
  [/^(lake|water)/, { key: "base.water", strokes: [{ d: "M3 12c2-6 7-8 11-6s8 3 6 8-6 6-10 5-8-2-7-7Z", fill: "--map-water", stroke: "--control", width: 0.8 }] }],
  [/^(river|stream|waterway)/, { key: "base.river", strokes: [{ d: "M1 16c6 2 6-8 11-7s5 5 11 1", stroke: "--map-river", width: 2 }] }],
  [/^(road|track|path)/, { key: "base.road", strokes: [{ d: "M1 17 9 8 15 13 23 7", stroke: "--map-road", width: 2.2 }] }],
  [/^(forest|wood|land)/, { key: "base.forest", strokes: [{ d: SQUARE, fill: "--map-forest", stroke: "--control", width: 0.8 }] }],
  [/^building/, { key: "base.building", strokes: [{ d: "M6 8H18V17H6Z", fill: "--map-building", stroke: "--control", width: 0.8 }] }],
  [/^contour/, { key: "base.contour", strokes: [{ d: "M1 9c6-5 9 3 22-2", stroke: "--map-contour", width: 1 }, { d: "M1 17c6-5 9 3 22-2", stroke: "--map-contour", width: 1.8 }] }],
];

export interface LegendFacts {
  readonly statuses: readonly HealthStatus[];
  readonly limits: readonly number[];
  readonly shades: number;
  readonly basemap: BaseMap | null;
  readonly number: (value: number) => string;
}

/** What a layer's symbols are; none where the layer needs no words. */
export function legendOf(layer: LayerId, facts: LegendFacts): LegendEntry[] {
  switch (layer) {
    case "basemap":
      return BASE_KINDS.filter(([kind]) => facts.basemap?.layers.some((one) => kind.test(one.kind))).map(([, entry]) => entry);
    case "grid":
      return [];
    case "boundary":
      return [{ key: "boundary", strokes: [across("--map-boundary")] }];
    case "zones":
      return [{ key: "zones", strokes: [across("--map-zone", { dash: "4 3" })] }];
    case "tracks":
      return [{ key: "tracks", strokes: [{ d: "M2 18C8 18 6 8 12 9s4 7 10-3", stroke: "--map-track", width: 2.4 }] }];
    case "cameras":
      return [
        ...facts.statuses.map(health),
        { key: "cluster", strokes: [{ d: ROUND(7), fill: "--map-outside" }, { d: ROUND(9), stroke: "--ok", width: 3.4 }, { d: "M12 3a9 9 0 0 1 9 9", stroke: "--silent", width: 3.4 }] },
      ];
    case "views":
      return [{ key: "views", strokes: [{ d: "M12 21 3 6A17 17 0 0 1 21 6Z", fill: "--ok", opacity: 0.4 }] }];
    case "sightings":
      return [{ key: "sightings", strokes: [{ d: ROUND(4), stroke: "--map-area", width: 2 }, { d: ROUND(9), stroke: "--map-area", width: 1.4, opacity: 0.5 }] }];
    case "density":
      return density(facts.limits, facts.shades, facts.number);
    case "flights":
      return [
        { key: "flights", strokes: [{ d: "M2 18C8 18 6 8 12 9s4 7 10-3", stroke: "--map-track", width: 1.8, dash: "1 4" }] },
        { key: "flight_animals", strokes: [{ d: ROUND(5), fill: "--map-area" }] },
      ];
    case "incidents":
      return [
        { key: "fire", strokes: [{ d: FIRE_SHAPES.fire, fill: "--fire" }] },
        { key: "smoke", strokes: [{ d: FIRE_SHAPES.smoke, fill: "--smoke" }] },
        { key: "bearing", strokes: [{ d: "M3 21 14 2 22 8Z", fill: "--fire", opacity: 0.35 }] },
        { key: "region", strokes: [{ d: "M4 15C2 9 12 3 19 6S22 17 14 20 6 20 4 15Z", fill: "--fire", opacity: 0.3 }, { d: "M4 15C2 9 12 3 19 6S22 17 14 20 6 20 4 15Z", stroke: "--fire", width: 1.6 }] },
        { key: "drill", strokes: [{ d: ROUND(8), stroke: "--drill", width: 2.2, dash: "3 2" }] },
      ];
    case "stations":
      return [{ key: "stations", strokes: [{ d: ROUND(8), stroke: "--map-station", width: 2 }] }, { key: "wind", strokes: [{ d: "M12 3V21M7 16 12 21 17 16", stroke: "--map-station", width: 2.2 }] }];
    case "hotspots":
      return [{ key: "hotspots", strokes: [{ d: "M4 4H20V20H4Z", fill: "--fire", opacity: 0.25 }, { d: "M4 4H20V20H4Z", stroke: "--fire", width: 1.2, dash: "2 2" }, { d: ROUND(3), fill: "--fire" }] }];
  }
}
