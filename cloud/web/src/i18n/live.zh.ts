/** Chinese: live view on request. */
import type { liveEn } from "./live.en";

export const liveZh: Readonly<Record<keyof typeof liveEn, string>> = {
  "live_view.title": "实时画面",
};
