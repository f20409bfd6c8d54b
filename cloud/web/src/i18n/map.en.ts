/** English: the map: layers, time, search, links. */
export const mapEn = {
} as const;
