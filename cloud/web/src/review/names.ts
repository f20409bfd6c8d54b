/** What a box can be called: finding a name by typing in any language, and the nine that digits give. Pure. */
import type { Translate, Language } from "../i18n";
import type { Taxon } from "../wire";
import { sameName, UNKNOWN_ANIMAL, type Name } from "./annotation";
import { everydayName, SPECIES } from "./species";

export const OTHER_KINDS: readonly Name[] = (["human", "vehicle", "unknown", "smoke", "fire"] as const).map((kind) => ({
  kind, scientific_name: null,
}));
export const SLOTS = 9;
/** A genus, a species or a subspecies, or a higher rank: one to three Latin words. */
const SCIENTIFIC = /^[a-z]{3,}(\s+[a-z][a-z-]+){0,2}$/i;

/** The name in the language, as it stands on a box. */
export function nameWords(name: Name, language: Language, t: Translate): string {
  if (name.kind === "animal" && name.scientific_name) {
    return everydayName(name.scientific_name, language) ?? name.scientific_name;
  }
  return t(`review.kind.${name.kind}`);
}

/** Every name that the picker offers: the reserve's own first, in the cloud's order, then all others. */
export function offered(taxa: readonly Taxon[]): Name[] {
  const own = taxa.filter((one) => one.kind === "animal" && one.scientific_name !== null);
  const known = new Set(own.map((one) => one.scientific_name));
  return [
    ...own.map(({ scientific_name }): Name => ({ kind: "animal", scientific_name })),
    UNKNOWN_ANIMAL,
    ...OTHER_KINDS,
    ...[...SPECIES.keys()].filter((name) => !known.has(name)).map((scientific_name): Name => ({ kind: "animal", scientific_name })),
  ];
}

/** Those of `names` that `query` may mean, best first: the beginning of a name, of a word in it, then anywhere in it.
 *
 * It looks at the names in both languages and the scientific one, whatever the page's language: researchers type what
 * comes to their mind. A name that nobody offers is offered last, if it can be a scientific one.
 */
export function search(query: string, names: readonly Name[], words: (name: Name) => string[]): Name[] {
  const wanted = folded(query);
  if (!wanted) return [...names];
  const ranked = names.flatMap((name, order) => {
    const rank = Math.min(...spellings(name, words).map((spelling) => matched(spelling, wanted)));
    return rank < 3 ? [{ name, rank, order }] : [];
  });
  ranked.sort((a, b) => a.rank - b.rank || a.order - b.order);
  const found = ranked.map(({ name }) => name);
  const typed = typedName(query);
  return typed && !names.some((one) => sameName(one, typed)) ? [...found, typed] : found;
}

function spellings(name: Name, words: (name: Name) => string[]): string[] {
  const known = name.scientific_name ? SPECIES.get(name.scientific_name) : undefined;
  return [...words(name), ...(known ? [known.en, known.zh] : []), name.scientific_name ?? ""].map(folded).filter(Boolean);
}

/** 0 the whole name begins so, 1 a word of it, 2 it is somewhere within, 3 not at all. */
function matched(spelling: string, wanted: string): 0 | 1 | 2 | 3 {
  const at = spelling.indexOf(wanted);
  if (at === 0) return 0;
  if (at < 0) return 3;
  return spelling.includes(` ${wanted}`) || spelling.includes(`-${wanted}`) ? 1 : 2;
}

/** Without case, accents and the difference between apostrophes: "pere davids" finds Père David’s deer. */
function folded(text: string): string {
  return text.trim().toLowerCase().normalize("NFD").replace(/[\u0300-\u036f’']/g, "").replace(/\s+/g, " ");
}

/** What was typed as a scientific name: first word with a capital, the others without. */
export function typedName(query: string): Name | null {
  const text = query.trim().replace(/\s+/g, " ");
  if (!SCIENTIFIC.test(text)) return null;
  return { kind: "animal", scientific_name: text[0]!.toUpperCase() + text.slice(1).toLowerCase() };
}

// The nine digits ------------------------------------------------------------------------------------

/** A name on a digit, and when it was used last. */
export interface Slot {
  readonly name: Name;
  readonly used: number;
}

/** A used name stays on its digit, so that fingers can learn it. A new one takes the next free digit, or the one that
 * was not used for the longest time. `used`: any number that grows. */
export function use(slots: readonly Slot[], name: Name, used: number): Slot[] {
  const at = slots.findIndex((slot) => sameName(slot.name, name));
  if (at >= 0) return slots.map((slot, i) => (i === at ? { ...slot, used } : slot));
  if (slots.length < SLOTS) return [...slots, { name, used }];
  const oldest = slots.reduce((best, slot, i) => (slot.used < slots[best]!.used ? i : best), 0);
  return slots.map((slot, i) => (i === oldest ? { name, used } : slot));
}

/** Free digits are filled with what is common in the reserve. */
export function seeded(slots: readonly Slot[], taxa: readonly Taxon[]): Slot[] {
  let all = [...slots];
  for (const { kind, scientific_name } of taxa) {
    if (all.length < SLOTS && !all.some((slot) => sameName(slot.name, { kind, scientific_name }))) {
      all = use(all, { kind, scientific_name }, 0);
    }
  }
  return all;
}
