/** From the JSON Schema of a method's options to the fields of a form. Pure.
 *
 * The schemas are pydantic's: an object of numbers, words, choices, switches and lists of them, each with a default;
 * `anyOf` with null for what may be left out; an object in an object is a group of fields, a list of objects a table
 * that is pasted with its header. What is none of these is filled in as JSON.
 */
export interface Field {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: "number" | "integer" | "text" | "choice" | "switch" | "numbers" | "words" | "group" | "rows" | "json";
  readonly choices: readonly (string | number)[];
  readonly initial: unknown;
  readonly required: boolean;
  /** May be left empty. */
  readonly optional: boolean;
  readonly least: number | null;
  readonly most: number | null;
  /** Of a group its fields, of rows their columns. */
  readonly fields: readonly Field[];
}

type Schema = Readonly<Record<string, unknown>>;

export function fieldsOf(schema: Schema): Field[] {
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const required = (schema["required"] ?? []) as readonly string[];
  return Object.entries(properties).map(([name, raw]) => field(name, raw, required.includes(name), schema));
}

function field(name: string, raw: Schema, required: boolean, root: Schema): Field {
  const { shape, optional } = bare(resolved(raw, root), root);
  const word = (key: string) => (typeof raw[key] === "string" ? raw[key] : typeof shape[key] === "string" ? shape[key] : null);
  const number = (...keys: string[]) => keys.map((key) => shape[key]).find((one) => typeof one === "number") ?? null;
  return {
    name, required, optional,
    title: word("title") ?? name, description: word("description") ?? "",
    kind: kindOf(shape, root), fields: inner(shape, root), choices: (shape["enum"] as (string | number)[] | undefined) ?? [],
    initial: raw["default"] ?? null,
    least: number("minimum", "exclusiveMinimum") as number | null, most: number("maximum", "exclusiveMaximum") as number | null,
  };
}

function kindOf(shape: Schema, root: Schema): Field["kind"] {
  if (Array.isArray(shape["enum"])) return "choice";
  if (shape["type"] === "boolean") return "switch";
  if (shape["type"] === "number" || shape["type"] === "integer") return shape["type"];
  if (shape["type"] === "string") return "text";
  if (shape["type"] === "object" && shape["properties"]) return "group";
  if (shape["type"] !== "array" || !shape["items"]) return "json";
  const items = resolved(shape["items"] as Schema, root);
  if (items["type"] === "number" || items["type"] === "integer") return "numbers";
  if (items["type"] === "object" && items["properties"]) return "rows";
  return items["type"] === "string" ? "words" : "json";
}

function inner(shape: Schema, root: Schema): Field[] {
  const object = shape["type"] === "array" && shape["items"] ? resolved(shape["items"] as Schema, root) : shape;
  return object["type"] === "object" && object["properties"] ? fieldsOf({ ...object, $defs: root["$defs"] }) : [];
}

function resolved(schema: Schema, root: Schema): Schema {
  const path = typeof schema["$ref"] === "string" ? schema["$ref"] : null;
  const found = path?.startsWith("#/$defs/") ? (root["$defs"] as Record<string, Schema> | undefined)?.[path.slice(8)] : null;
  return found ? { ...found, ...schema } : schema;
}

/** The schema beside null, where it may be null. */
function bare(schema: Schema, root: Schema): { shape: Schema; optional: boolean } {
  const options = (schema["anyOf"] ?? schema["oneOf"]) as Schema[] | undefined;
  if (!options) return { shape: "const" in schema ? { ...schema, enum: [schema["const"]] } : schema, optional: false };
  const rest = options.filter((one) => one["type"] !== "null");
  const optional = rest.length < options.length;
  return { shape: rest.length === 1 ? resolved(rest[0]!, root) : {}, optional };
}

/** What somebody typed as the value it means; undefined where it is none. Empty is null. */
export function parsed(field: Field, text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  const number = (one: string) => (one.trim() !== "" && Number.isFinite(Number(one)) ? Number(one) : undefined);
  if (field.kind === "number" || field.kind === "integer") {
    const value = number(trimmed);
    const whole = value !== undefined && (field.kind === "number" || Number.isInteger(value));
    return whole && value >= (field.least ?? -Infinity) && value <= (field.most ?? Infinity) ? value : undefined;
  }
  if (field.kind === "numbers") {
    const all = trimmed.split(/[\s,;，；]+/).filter(Boolean).map(number);
    return all.includes(undefined) ? undefined : all;
  }
  if (field.kind === "words") return trimmed.split(/[,;，；]+/).map((one) => one.trim()).filter(Boolean);
  if (field.kind === "choice") return field.choices.find((one) => String(one) === trimmed);
  if (field.kind === "rows") return rows(field, trimmed);
  if (field.kind !== "json") return trimmed;
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    return undefined;
  }
}

/** A table with a header, parted by commas, semicolons or tabs, as spreadsheets give it; undefined where a cell does
 * not do. An empty cell of a column that may be empty is left out. */
function rows(field: Field, text: string): Record<string, unknown>[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const cut = (line: string) => line.split(/[\t;,]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const columns = cut(lines[0]!).map((name) => field.fields.find((one) => one.name === name));
  const missing = field.fields.some((one) => one.required && !columns.includes(one));
  if (missing || columns.includes(undefined)) return undefined;
  const table = lines.slice(1).map((line) => {
    const cells = cut(line);
    return columns.map((column, i) => [column!, parsed(column!, cells[i] ?? "")] as const);
  });
  const bad = table.some((row) => row.some(([column, value]) => value === undefined || (value === null && column.required)));
  return bad ? undefined : table.map((row) => Object.fromEntries(row.filter(([, value]) => value !== null).map(([column, value]) => [column.name, value])));
}

/** As a form shows it. */
export function shown(field: Field, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (field.kind === "rows" && Array.isArray(value)) {
    const names = field.fields.map((one) => one.name);
    return [names, ...value.map((row: Record<string, unknown>) => names.map((name) => row[name] ?? ""))].map((row) => row.join(",")).join("\n");
  }
  if (Array.isArray(value) && field.kind !== "json") return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The options to send: what was filled in, without what the method's own defaults say already. null where a value
 * is missing that has no default. */
export function filled(schema: Schema, values: Readonly<Record<string, unknown>>): Record<string, unknown> | null {
  const given: Record<string, unknown> = {};
  for (const field of fieldsOf(schema)) {
    const value = values[field.name];
    const empty = value === undefined || (value === null && !field.optional);
    if (empty && field.required) return null;
    if (!empty) given[field.name] = value;
  }
  return given;
}
