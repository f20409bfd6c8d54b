/** Where one is, as the address says it after the #. Pure. A reload, a bookmark or a colleague's link leads to the same
 * place: `#review/0197…?reason=disagreement&species=Cervidae`. */
import type { Reason } from "../wire";

export const REASONS: readonly Reason[] = ["false_alarm", "disagreement", "first_of_species", "low_confidence", "random"];

export interface ReviewFilter {
  readonly reason: Reason | null;
  /** Scientific name. */
  readonly species: string | null;
  /** A deployment's id. */
  readonly camera: string | null;
  readonly reviewed: "no" | "yes" | "all";
  /** Something in it was proposed with a confidence within these, 0 to 1; null: however sure. */
  readonly least: number | null;
  readonly most: number | null;
  /** Of a taxon that the reserve has at most so many events of. */
  readonly rarest: number | null;
}

export interface Route {
  readonly page: "map" | "review";
  readonly picture: string | null;
  readonly filter: ReviewFilter;
}

export const NO_FILTER: ReviewFilter = {
  reason: null, species: null, camera: null, reviewed: "no", least: null, most: null, rarest: null,
};
/** What "rare here" can mean, in events. */
export const RAREST: readonly number[] = [5, 20, 100];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is not understood is left aside: an address can be old, or cut off. */
export function readRoute(hash: string): Route {
  const [path, query] = hash.replace(/^#/, "").split("?", 2) as [string, string | undefined];
  const [page, picture] = path.split("/");
  if (page !== "review") return { page: "map", picture: null, filter: NO_FILTER };
  const given = new URLSearchParams(query);
  const reason = given.get("reason") as Reason | null;
  const reviewed = given.get("reviewed");
  return {
    page: "review",
    picture: id(picture),
    filter: tidy({
      reason: reason && REASONS.includes(reason) ? reason : null,
      species: given.get("species")?.slice(0, 200) || null,
      camera: id(given.get("camera")),
      reviewed: reviewed === "yes" || reviewed === "all" ? reviewed : "no",
      least: fraction(given.get("min_confidence")),
      most: fraction(given.get("max_confidence")),
      rarest: RAREST.find((one) => String(one) === given.get("rarest")) ?? null,
    }),
  };
}

/** The lower confidence first; a limit that leaves nothing out is none. */
export function tidy(filter: ReviewFilter): ReviewFilter {
  let { least, most } = filter;
  if (least !== null && most !== null && least > most) [least, most] = [most, least];
  return { ...filter, least: least === 0 ? null : least, most: most === 1 ? null : most };
}

function fraction(text: string | null): number | null {
  const value = text ? Number(text) : NaN;
  return value >= 0 && value <= 1 ? value : null;
}

function id(text: string | null | undefined): string | null {
  return text && UUID.test(text) ? text : null;
}

export function writeRoute({ page, picture, filter }: Route): string {
  if (page === "map") return "#";
  const query = new URLSearchParams();
  if (filter.reason) query.set("reason", filter.reason);
  if (filter.species) query.set("species", filter.species);
  if (filter.camera) query.set("camera", filter.camera);
  if (filter.reviewed !== "no") query.set("reviewed", filter.reviewed);
  if (filter.least !== null) query.set("min_confidence", String(filter.least));
  if (filter.most !== null) query.set("max_confidence", String(filter.most));
  if (filter.rarest !== null) query.set("rarest", String(filter.rarest));
  const rest = query.size > 0 ? `?${query}` : "";
  return `#review${picture ? `/${picture}` : ""}${rest}`;
}
