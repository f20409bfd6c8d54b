/** Chinese: the map: layers, time, search, links. */
import type { mapEn } from "./map.en";

export const mapZh: Readonly<Record<keyof typeof mapEn, string>> = {
};
