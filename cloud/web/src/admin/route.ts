/** Where in administration one is: `#admin/cameras/<id>`. Pure. */
import type { Account } from "../wire";

export const SECTIONS = ["start", "reserve", "zones", "cameras", "nodes", "people", "retention", "sources", "record", "me"] as const;
export type Section = (typeof SECTIONS)[number];

export interface Route {
  readonly section: Section;
  /** A zone, a camera or a person; "new" for one that is being added. */
  readonly id: string | null;
  /** What is being added is a drone's flight: `#admin/cameras/new/flight`. */
  readonly flies?: true;
}

export function readRoute(hash: string): Route {
  const [, word = "", id = "", kind = ""] = hash.replace(/^#/, "").split("/");
  const named = word === "rules" ? "start" : word; // alert rules have their place on the fire desk
  return { section: SECTIONS.find((one) => one === named) ?? "start", id: id || null, ...(id === "new" && kind === "flight" ? { flies: true } : {}) };
}

export function address(section: Section, id: string | null = null): string {
  return `#admin/${section}${id ? `/${id}` : ""}`;
}

/** Which sections an account has a use for in a reserve. The cloud decides by itself. */
export function sectionsOf(account: Account | null, slug: string | undefined): readonly Section[] {
  const roles = (account?.memberships ?? []).filter((one) => one.reserve === null || one.reserve === slug).map((one) => one.role);
  if (roles.includes("admin") || roles.includes("manager")) return SECTIONS;
  return roles.includes("technician") ? ["cameras", "nodes", "sources", "me"] : ["me"];
}
