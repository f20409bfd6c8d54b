/** Chinese: weekly and monthly reports. */
import type { reportsEn } from "./reports.en";

export const reportsZh: Readonly<Record<keyof typeof reportsEn, string>> = {
  "page.reports": "报告",
};
