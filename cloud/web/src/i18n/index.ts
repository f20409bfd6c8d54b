/** The app's words. `translator(language)` gives `t(key, values)`; the choice of language is remembered. */
import type { Language } from "../language";
import { en, type Key, type Messages } from "./en";
import { zh } from "./zh";

export { firstLanguage, LANGUAGES, locale, remember, remembered, type Language } from "../language";
export type { Key } from "./en";
export const DICTIONARIES: Readonly<Record<Language, Messages>> = { en, zh };

export type Translate = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

export function translator(language: Language): Translate {
  const words = DICTIONARIES[language];
  return (key, values = {}) =>
    words[key].replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** A key that is only known while running (a state that the server names), or the raw word where we have none. */
export function wordFor(t: Translate, prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in en ? t(key as Key) : value;
}
