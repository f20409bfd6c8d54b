/** English: the control room. */
export const wallEn = {
  "page.wall": "Control room",
} as const;
