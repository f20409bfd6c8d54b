/** Chinese: administration. */
import type { adminEn } from "./admin.en";

export const adminZh: Readonly<Record<keyof typeof adminEn, string>> = {
  "page.admin": "管理",
};
