/** Chinese: overview, species, camera and reserves. */
import type { sideEn } from "./side.en";

export const sideZh: Readonly<Record<keyof typeof sideEn, string>> = {
  "page.overview": "总览",
  "page.species": "物种",
  "page.camera": "相机",
  "page.reserves": "保护区",
};
