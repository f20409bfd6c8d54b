/** Which page the address means, by its first word after the #. Pure. */
export type Page = "map" | "review" | "desk" | "counts";

export function pageOf(hash: string): Page {
  const [word] = hash.replace(/^#/, "").split(/[/?]/, 1);
  if (word === "review" || word === "counts") return word;
  return word === "fire" ? "desk" : "map";
}
