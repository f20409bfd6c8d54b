/** Where the ranger stands, and which way the phone points. Both only after the ranger asked for it. */
import type { LonLat } from "../geo";

export interface Here {
  readonly at: LonLat;
  readonly accuracy: number;
  /** ms since 1970 */
  readonly time: number;
}

export type PositionState = "off" | "asking" | "on" | "denied" | "unavailable";

export interface PositionEvents {
  here(here: Here | null, state: PositionState): void;
  /** Degrees from true north (or magnetic, as the phone has it) to which the top of the phone points. */
  heading(degrees: number): void;
}

const WANTED = "fieldwatch.phone.position";

/** Whether it was asked for on this phone before. */
export const wanted = () => localStorage.getItem(WANTED) === "yes";

export function createPosition(events: PositionEvents) {
  let watch: number | null = null;
  let turned = 0;

  function start(): void {
    if (!("geolocation" in navigator)) return events.here(null, "unavailable");
    localStorage.setItem(WANTED, "yes");
    if (watch === null) {
      events.here(null, "asking");
      watch = navigator.geolocation.watchPosition(
        ({ coords, timestamp }) =>
          events.here({ at: [coords.longitude, coords.latitude], accuracy: coords.accuracy, time: timestamp }, "on"),
        ({ code }) => {
          if (code === 1) stop("denied");
          else if (code === 2) events.here(null, "unavailable"); // indoors, in a gorge: it may come yet
        },
        { enableHighAccuracy: true, maximumAge: 15_000, timeout: 60_000 },
      );
    }
    void compass();
  }

  function stop(state: PositionState = "off"): void {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    events.here(null, state);
  }

  async function compass(): Promise<void> {
    const ios = (globalThis.DeviceOrientationEvent ?? {}) as { requestPermission?: () => Promise<string> };
    // Outside of a touch iOS refuses by throwing: then the arrow stays north-up.
    if (ios.requestPermission && (await ios.requestPermission().catch(() => "denied")) !== "granted") return;
    window.addEventListener("deviceorientationabsolute", turn as EventListener);
    window.addEventListener("deviceorientation", turn as EventListener);
  }

  function turn(event: DeviceOrientationEvent & { webkitCompassHeading?: number }): void {
    const heading = headingOf(event, screen.orientation?.angle ?? 0);
    const now = performance.now();
    if (heading === null || now - turned < 120) return;
    turned = now;
    events.heading(heading);
  }

  return { start, stop };
}

/** The compass heading of an orientation event; null where it is relative to nothing. `angle`: the screen's. */
export function headingOf(
  event: { absolute: boolean; alpha: number | null; webkitCompassHeading?: number | undefined }, angle: number,
): number | null {
  if (typeof event.webkitCompassHeading === "number") return (event.webkitCompassHeading + angle) % 360;
  return event.absolute && event.alpha !== null ? (360 - event.alpha + angle) % 360 : null;
}
