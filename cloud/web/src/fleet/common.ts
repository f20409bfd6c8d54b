/** The settings of a node that people change: as a form shows them, over the merge patch that the cloud keeps. Pure. */

export type Unit = "s" | "percent" | "MB";

export interface Common {
  readonly name: string;
  /** In a layer of settings; `*` is each camera of the node. */
  readonly path: readonly string[];
  readonly unit: Unit;
  readonly part: "node" | "animals" | "fire";
}

export const COMMON = [
  { name: "heartbeat", path: ["heartbeat_s"], unit: "s", part: "node" },
  { name: "data", path: ["link", "bytes_per_day"], unit: "MB", part: "node" },
  { name: "picture", path: ["cameras", "*", "source", "every_s"], unit: "s", part: "node" },
  { name: "animal", path: ["cameras", "*", "wildlife", "detector", "conf"], unit: "percent", part: "animals" },
  { name: "kept", path: ["cameras", "*", "wildlife", "picture_every_s"], unit: "s", part: "animals" },
  { name: "fire", path: ["cameras", "*", "fire", "detector", "conf"], unit: "percent", part: "fire" },
  { name: "night_smoke", path: ["cameras", "*", "fire", "night_smoke"], unit: "percent", part: "fire" },
  { name: "night_fire", path: ["cameras", "*", "fire", "night_fire"], unit: "percent", part: "fire" },
] as const satisfies readonly Common[];

export const PARTS = ["node", "animals", "fire"] as const;

type Layer = Readonly<Record<string, unknown>>;
const FACTOR: Readonly<Record<Unit, number>> = { s: 1, percent: 0.01, MB: 1_000_000 };

function isLayer(value: unknown): value is Layer {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a setting's value is in the form's unit. */
function inUnit(value: number, unit: Unit): number {
  return Number((value / FACTOR[unit]).toPrecision(6));
}

/** As the form shows it; null: the layer says nothing of it, or that the software's default holds. */
export function shownOf(layer: unknown, { path, unit }: Pick<Common, "path" | "unit">): number | null {
  const value = path.reduce<unknown>((within, key) => (isLayer(within) ? within[key] : undefined), layer);
  return typeof value === "number" ? inUnit(value, unit) : null;
}

/** The layer with this set; null takes the key out, so that the layer says nothing of it. What else it says stays. */
export function withShown(layer: unknown, { path, unit }: Pick<Common, "path" | "unit">, shown: number | null): Layer {
  const kept = isLayer(layer) ? layer : {};
  const [key, ...rest] = path as readonly [string, ...string[]];
  const held = kept[key];
  if (shown === null) {
    if (rest.length === 0) return held === null ? kept : without(kept, key);
    if (!isLayer(held)) return kept;
    const inner = withShown(held, { path: rest, unit }, null);
    return Object.keys(inner).length > 0 ? { ...kept, [key]: inner } : without(kept, key);
  }
  if (rest.length > 0) return { ...kept, [key]: withShown(held, { path: rest, unit }, shown) };
  const value = shown * FACTOR[unit];
  return { ...kept, [key]: unit === "MB" ? Math.round(value) : Number(value.toPrecision(6)) };
}

function without(layer: Layer, key: string): Layer {
  return Object.fromEntries(Object.entries(layer).filter(([name]) => name !== key));
}

/** By which a node works, as it says itself; null where it does not, or its cameras differ. */
export function workingBy(reported: unknown, common: Pick<Common, "path" | "unit">): number | null {
  const [first, , ...rest] = common.path;
  if (first !== "cameras") return shownOf(reported, common);
  const cameras = isLayer(reported) && isLayer(reported.cameras) ? Object.values(reported.cameras) : [];
  const found = new Set(cameras.map((one) => shownOf(one, { path: rest, unit: common.unit })));
  return found.size === 1 ? [...found][0]! : null;
}

/** Which of these a node's own path is: `cameras.0197….fire.night_smoke`. */
export function commonOf(path: string): (typeof COMMON)[number] | null {
  const plain = path.replace(/^cameras\.[^.]+\./, "cameras.*.");
  return COMMON.find((one) => one.path.join(".") === plain) ?? null;
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** What a node takes on at most, by the schema of the cloud; both null while that is on its way. */
export function boundsOf(schema: unknown, { path, unit }: Pick<Common, "path" | "unit">): { min: number | null; max: number | null } {
  const root = schema as Schema | null;
  const resolved = (one: Schema | undefined): Schema | undefined =>
    one?.$ref ? root?.$defs?.[one.$ref.split("/").at(-1)!] : one;
  let at = root ?? undefined;
  for (const key of path) {
    const within = resolved(at);
    const any = within?.additionalProperties;
    at = within?.properties?.[key] ?? (key === "*" && typeof any === "object" ? any : undefined);
  }
  const number = at?.anyOf?.find((one) => one.minimum !== undefined || one.maximum !== undefined) ?? at;
  const shown = (value: number | undefined) => (value === undefined ? null : inUnit(value, unit));
  return { min: shown(number?.minimum), max: shown(number?.maximum) };
}
