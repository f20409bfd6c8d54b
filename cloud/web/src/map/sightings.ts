/** What was just seen: a ring that opens at the camera, with the animal's name, for some seconds. The rings are page
 * elements that CSS moves, so that the map itself need not be drawn anew while two hundred sightings a second arrive. */
import { Marker, type Map as MapLibre } from "maplibre-gl";
import type { LonLat } from "../geo";

const SHOWN_MS = 6000;
const MOST = 24; // at once; all of them are in the panel's list
const TOGETHER_MS = 500;
const NAMED = 12; // more names would cover each other

interface Pulse {
  readonly marker: Marker;
  readonly element: HTMLElement;
  readonly name: HTMLElement;
  deployment: string | null;
  until: number;
}

export interface Pulses {
  /** A camera saw something; many calls within one frame cost one. */
  seen(deployment: string, at: LonLat, name: string): void;
  clear(): void;
}

/** @param slow the page is drawn by the processor: rings stand still, come together, and make way for a map that moves. */
export function attachPulses(map: MapLibre, mayShow: () => boolean, slow = false): Pulses {
  const pool: Pulse[] = [];
  let fresh = new Map<string, { at: LonLat; name: string }>();
  let scheduled = false;
  let sweeping: ReturnType<typeof setInterval> | undefined;

  function make(): Pulse {
    const element = document.createElement("div");
    element.className = "pulse";
    const name = document.createElement("span");
    name.className = "pulse-name";
    element.append(name);
    return { marker: new Marker({ element }), element, name, deployment: null, until: 0 };
  }

  /** The camera's own ring, else a free one, else the oldest: a herd is one ring, not fifty. */
  function ringFor(deployment: string): Pulse {
    const own = pool.find((one) => one.deployment === deployment) ?? pool.find((one) => one.deployment === null);
    if (own) return own;
    if (pool.length < MOST) {
      const ring = make();
      pool.push(ring);
      return ring;
    }
    return pool.reduce((oldest, one) => (one.until < oldest.until ? one : oldest));
  }

  function draw(): void {
    scheduled = false;
    const news = [...fresh].slice(-MOST);
    fresh = new Map();
    if (!mayShow() || (slow && map.isMoving())) return;
    const now = performance.now();
    const view = map.getBounds();
    for (const [deployment, { at, name }] of news) {
      if (!view.contains(at)) continue;
      const ring = ringFor(deployment);
      const running = ring.deployment === deployment && ring.until - now > SHOWN_MS / 2;
      const named = pool.filter((one) => one !== ring && one.deployment && one.name.textContent).length < NAMED;
      ring.name.textContent = named ? name : "";
      ring.until = now + SHOWN_MS;
      if (running) continue; // its ring is still opening
      ring.deployment = deployment;
      ring.marker.setLngLat(at).addTo(map);
      ring.element.classList.toggle("again"); // starts the animation anew: two names for the same movement
    }
    sweeping ??= setInterval(sweep, 500);
  }

  function sweep(): void {
    const now = performance.now();
    for (const ring of pool) {
      if (ring.deployment && ring.until <= now) remove(ring);
    }
    if (pool.every((one) => one.deployment === null)) {
      clearInterval(sweeping);
      sweeping = undefined;
    }
  }

  function remove(ring: Pulse): void {
    ring.marker.remove();
    ring.deployment = null;
    ring.name.textContent = "";
  }

  function clear(): void {
    fresh.clear();
    pool.filter((one) => one.deployment).forEach(remove);
  }

  if (slow) map.on("movestart", clear);
  return {
    seen(deployment, at, name) {
      if (document.hidden) return;
      fresh.delete(deployment); // the newest come last
      fresh.set(deployment, { at, name });
      if (scheduled) return;
      scheduled = true;
      if (slow) setTimeout(draw, TOGETHER_MS);
      else requestAnimationFrame(draw);
    },
    clear,
  };
}
