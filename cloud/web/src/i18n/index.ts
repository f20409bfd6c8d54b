/** The app's words. `translator(language)` gives `t(key, values)`; the choice of language is remembered. */
import { en, type Key, type Messages } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh";
export type { Key } from "./en";
export const LANGUAGES: readonly Language[] = ["zh", "en"];
export const DICTIONARIES: Readonly<Record<Language, Messages>> = { en, zh };
const REMEMBERED = "fieldwatch.language";

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

/** The language chosen here before, else the browser's. */
export function firstLanguage(): Language {
  return remembered() ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
}

export function remembered(): Language | null {
  const value = localStorage.getItem(REMEMBERED);
  return value === "en" || value === "zh" ? value : null;
}

export function remember(language: Language): void {
  localStorage.setItem(REMEMBERED, language);
}

/** For `<html lang>` and Intl. */
export function locale(language: Language): string {
  return language === "zh" ? "zh-CN" : "en-GB";
}
