/** What a camera's node sends over, as it is shown. Pure. */
import type { components } from "../api";
import { significant } from "../format";
import type { Language } from "../i18n";

export type LineReport = components["schemas"]["LineReport"];

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes as data plans count them: in thousands. */
export function size(bytes: number, language: Language): string {
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  return `${significant(bytes / 1000 ** step, language)} ${UNITS[step]}`;
}
