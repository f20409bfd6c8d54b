/** Instants, and how a reserve's clock shows them. The app thinks in milliseconds since 1970 (UTC). */

export type Span = "today" | "7d" | "30d" | "all" | "custom";
const DAY = 86_400_000;

/** The zone, or UTC where this browser does not know it: Intl throws on such a zone, and nothing would be shown. */
export function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return "UTC";
  }
}

/** Minutes that the zone's clock is ahead of UTC at the instant. */
function offsetMinutes(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(at);
  const get = (type: string) => Number(parts.find((part) => part.type === type)!.value);
  const wall = Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second"));
  return Math.round((wall - Math.floor(at / 1000) * 1000) / 60_000);
}

/** The instant at which the zone's clock shows `wall` ("2026-11-21T08:30"); NaN where it is no time.
 *
 * An hour that the clock shows twice means the first of the two; one that it skips, the time after the gap.
 */
export function fromWall(wall: string, zone: string): number {
  const asUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUtc)) return NaN;
  const before = asUtc - offsetMinutes(asUtc - DAY, zone) * 60_000;
  const after = asUtc - offsetMinutes(asUtc + DAY, zone) * 60_000;
  if (toWall(before, zone) === wall.slice(0, 16)) return before;
  if (toWall(after, zone) === wall.slice(0, 16)) return after;
  return before;
}

/** What the zone's clock shows, for `<input type="datetime-local">`. */
export function toWall(at: number, zone: string): string {
  return new Date(at + offsetMinutes(at, zone) * 60_000).toISOString().slice(0, 16);
}

/** The span's ends as ISO 8601 UTC, seen from `now`; "today" begins at the reserve's midnight. */
export function spanEnds(span: Exclude<Span, "custom">, now: number, zone: string): { from: string; to: string } {
  const from = {
    today: () => fromWall(`${toWall(now, zone).slice(0, 10)}T00:00`, zone),
    "7d": () => now - 7 * DAY,
    "30d": () => now - 30 * DAY,
    all: () => 0,
  }[span]();
  return { from: new Date(from).toISOString(), to: new Date(now).toISOString() };
}
