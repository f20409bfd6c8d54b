/** Which page the address means, by its first word after the #. Pure. */

/** Pages of their own, loaded when they are first opened (pages.ts). */
export const OWN_PAGES = ["overview", "species", "camera", "flight", "reserves", "reports", "fleet", "admin", "wall"] as const;
export type OwnPageName = (typeof OWN_PAGES)[number];
export type Page = "map" | "review" | "desk" | "counts" | OwnPageName;

export function pageOf(hash: string): Page {
  const [word] = hash.replace(/^#/, "").split(/[/?]/, 1);
  if (word === "review" || word === "counts") return word;
  if (word === "fire") return "desk";
  return OWN_PAGES.find((one) => one === word) ?? "map";
}

export function isOwn(page: Page): page is OwnPageName {
  return (OWN_PAGES as readonly Page[]).includes(page);
}
