/** English: weekly and monthly reports. */
export const reportsEn = {
  "page.reports": "Reports",
} as const;
