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
}

export interface Route {
  readonly page: "map" | "review";
  readonly picture: string | null;
  readonly filter: ReviewFilter;
}

export const NO_FILTER: ReviewFilter = { reason: null, species: null, camera: null, reviewed: "no" };
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
    filter: {
      reason: reason && REASONS.includes(reason) ? reason : null,
      species: given.get("species")?.slice(0, 200) || null,
      camera: id(given.get("camera")),
      reviewed: reviewed === "yes" || reviewed === "all" ? reviewed : "no",
    },
  };
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
  const rest = query.size > 0 ? `?${query}` : "";
  return `#review${picture ? `/${picture}` : ""}${rest}`;
}
