/** English: live view on request. */
export const liveEn = {
  "live_view.title": "Live view",
} as const;
