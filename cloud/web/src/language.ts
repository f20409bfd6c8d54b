/** The languages, and which of them this browser was told to speak. Knows no words. */
export type Language = "en" | "zh";
export const LANGUAGES: readonly Language[] = ["zh", "en"];
const REMEMBERED = "fieldwatch.language";

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
