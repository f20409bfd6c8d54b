/** Which fires call for attention now, and which of them this tab was told to be quiet about. */
import type { State } from "./store";
import type { Incident } from "./wire";

const ALARMING_FOR = 24 * 3_600_000; // ms since it was last seen; older ones stand in the list only
const HIDDEN = "fieldwatch.hidden_banners";

/** New, seen within the last day, held back by no gate, and not hidden; newest first. A drill calls like a fire. */
export function alarms({ incidents, hiddenBanners, now }: Pick<State, "incidents" | "hiddenBanners" | "now">): Incident[] {
  return incidents.filter(
    (one) =>
      one.state === "new" && !one.held_back && !one.merged_into && now - Date.parse(one.last_seen_at) < ALARMING_FOR && !hiddenBanners.includes(one.id),
  );
}

/** What was hidden before a reload; another tab, or another day's, shows it again. */
export function hiddenBefore(storage: Storage = sessionStorage): string[] {
  return storage.getItem(HIDDEN)?.split(" ") ?? [];
}

export function rememberHidden(ids: readonly string[], storage: Storage = sessionStorage): void {
  storage.setItem(HIDDEN, ids.join(" "));
}
