/** Chinese: the control room. */
import type { wallEn } from "./wall.en";

export const wallZh: Readonly<Record<keyof typeof wallEn, string>> = {
  "page.wall": "指挥室大屏",
};
