/** English: administration. */
export const adminEn = {
  "page.admin": "Administration",
} as const;
