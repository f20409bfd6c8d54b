/** English: overview, species, camera and reserves. */
export const sideEn = {
  "page.overview": "Overview",
  "page.species": "Species",
  "page.camera": "Camera",
  "page.reserves": "Reserves",
} as const;
