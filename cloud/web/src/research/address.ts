/** A question as the address carries it, so that a link or a bookmark asks it again. Pure.
 * `#counts/series?area=zone:0197…&span=2026-autumn&species=Cervus+nippon&by=month` */
import { DEFAULT_INTERVAL, PLAIN, type Question, type Where } from "./question";
import { readArea, writeArea } from "./rings";
import { readSpan, writeSpan, type SpanChoice } from "./span";

export const SECTIONS = ["species", "series", "map", "compare", "effort", "estimates", "files"] as const;
export type Section = (typeof SECTIONS)[number];
export const STEPS = ["day", "month", "season", "year"] as const;
export type Step = (typeof STEPS)[number];

/** With what the question is compared: another time at the same place, or another place at the same time. */
export type Against =
  | { readonly kind: "before" }
  | { readonly kind: "year" }
  | { readonly kind: "span"; readonly span: SpanChoice }
  | { readonly kind: "where"; readonly where: Where };

export interface Cells {
  readonly kind: "h3" | "square";
  /** H3 resolution, or the side in metres. */
  readonly size: number;
}
export const H3_SIZES = [5, 6, 7, 8, 9] as const;
export const SQUARE_SIZES = [500, 1000, 2000, 5000, 10_000] as const;

export interface ResearchRoute {
  readonly section: Section;
  readonly question: Question;
  readonly by: Step;
  readonly cells: Cells;
  readonly against: Against;
  /** Of the estimators. */
  readonly method: string | null;
}

export const RESEARCH_START: ResearchRoute = {
  section: "species", question: PLAIN, by: "month", cells: { kind: "h3", size: 7 }, against: { kind: "before" }, method: null,
};
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONGEST_SHAPE = 6000; // letters; what is longer breaks in mail and chat

/** What is not understood is left aside: an address can be old, or cut off. */
export function readResearch(hash: string): ResearchRoute {
  const [path, query] = hash.replace(/^#/, "").split("?", 2) as [string, string | undefined];
  const [page, section] = path.split("/");
  if (page !== "counts") return RESEARCH_START;
  const given = new URLSearchParams(query);
  return {
    section: SECTIONS.find((one) => one === section) ?? "species",
    question: {
      where: readWhere(given.get("area"), given.get("name")) ?? PLAIN.where,
      span: readSpan(given.get("span")) ?? PLAIN.span,
      species: given.getAll("species").map((one) => one.trim().slice(0, 200)).filter(Boolean).slice(0, 100),
      interval: within(given.get("interval"), 1, 1440) ?? DEFAULT_INTERVAL,
      confidence: within(given.get("confidence"), 0, 1) ?? 0,
    },
    by: STEPS.find((one) => one === given.get("by")) ?? RESEARCH_START.by,
    cells: readCells(given.get("cells")) ?? RESEARCH_START.cells,
    against: readAgainst(given.get("against"), given.get("against_name")) ?? RESEARCH_START.against,
    method: /^[a-z_]{1,40}$/.exec(given.get("method") ?? "")?.[0] ?? null,
  };
}

export function writeResearch({ section, question, by, cells, against, method }: ResearchRoute): string {
  const query = new URLSearchParams();
  const { where, span, species, interval, confidence } = question;
  const put = (name: string, value: string | null | undefined) => value && query.set(name, value);
  put("area", writeWhere(where));
  put("name", where.kind === "shape" ? where.name : null);
  put("span", writeSpan(span));
  for (const one of species) query.append("species", one);
  if (interval !== DEFAULT_INTERVAL) query.set("interval", String(interval));
  if (confidence > 0) query.set("confidence", String(confidence));
  if (section === "series") query.set("by", by);
  if (section === "map") query.set("cells", `${cells.kind}${cells.size}`);
  if (section === "compare") {
    put("against", writeAgainst(against));
    put("against_name", against.kind === "where" && against.where.kind === "shape" ? against.where.name : null);
  }
  if (section === "estimates") put("method", method);
  return `#counts${section === "species" ? "" : `/${section}`}?${query}`;
}

function writeWhere(where: Where): string | null {
  if (where.kind === "reserve") return null;
  if (where.kind === "zone") return `zone:${where.id}`;
  const text = where.shape ? writeArea(where.shape) : "";
  return `shape:${text.length <= LONGEST_SHAPE ? text : ""}`;
}

function readWhere(text: string | null, name: string | null): Where | null {
  const [kind, rest] = (text ?? "").split(":", 2) as [string, string | undefined];
  if (kind === "reserve") return { kind };
  if (kind === "zone" && rest && UUID.test(rest)) return { kind, id: rest };
  if (kind !== "shape") return null;
  return { kind, name: name?.slice(0, 200) ?? null, shape: rest ? readArea(rest) : null };
}

function writeAgainst(against: Against): string {
  if (against.kind === "span") return `span:${writeSpan(against.span)}`;
  return against.kind === "where" ? (writeWhere(against.where) ?? "reserve") : against.kind;
}

function readAgainst(text: string | null, name: string | null): Against | null {
  if (text === "before" || text === "year") return { kind: text };
  const span = text?.startsWith("span:") ? readSpan(text.slice(5)) : null;
  if (span) return { kind: "span", span };
  const where = readWhere(text, name);
  return where && { kind: "where", where };
}

function readCells(text: string | null): Cells | null {
  const [, kind, digits] = /^(h3|square)(\d{1,5})$/.exec(text ?? "") ?? [];
  const sizes: readonly number[] = kind === "h3" ? H3_SIZES : SQUARE_SIZES;
  return kind && sizes.includes(Number(digits)) ? { kind: kind as Cells["kind"], size: Number(digits) } : null;
}

function within(text: string | null, low: number, high: number): number | null {
  const value = text === null || text === "" ? NaN : Number(text);
  return value >= low && value <= high ? value : null;
}
