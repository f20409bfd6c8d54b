/** Names for the taxa that the shipped detectors know. The scientific name is the key everywhere else. */

export interface TaxonNames {
  en: string;
  zh: string;
}

export const TAXA: Readonly<Record<string, TaxonNames>> = {
  Cervidae: { en: "Deer", zh: "鹿" },
  Elephantidae: { en: "Elephant", zh: "象" },
  Loxodonta: { en: "African elephant", zh: "非洲象" },
  "Syncerus caffer": { en: "African buffalo", zh: "非洲水牛" },
  Rhinocerotidae: { en: "Rhinoceros", zh: "犀牛" },
  Equus: { en: "Zebra", zh: "斑马" },
  "Panthera leo": { en: "Lion", zh: "狮" },
  "Egretta eulophotes": { en: "Chinese egret", zh: "黄嘴白鹭" },
};

/** What the species filter offers: one entry for each class of the shipped wildlife detector. */
export const FILTER_TAXA = Object.keys(TAXA).filter((name) => name !== "Loxodonta");

/** The everyday name in the language, null for a taxon that the app has none for. */
export function commonName(scientificName: string, language: "en" | "zh"): string | null {
  return TAXA[scientificName]?.[language] ?? null;
}

/** Family and higher ranks stand upright, genus and below in italics (ICZN); families end in -idae. */
export function isItalic(scientificName: string): boolean {
  return !/(idae|inae|formes)$/.test(scientificName);
}
