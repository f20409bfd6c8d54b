/** The event stream of one reserve: reconnects with backoff; after every gap the caller reads anew. */
import { streamUrl } from "./client";
import type { Connection } from "./store";
import type { LiveMedia, Observation } from "./wire";

export interface LiveEvents {
  observation(observation: Observation): void;
  incident(incident: { id: string }): void;
  deployment(deployment: { id: string }): void;
  media(media: LiveMedia): void;
  /** A camera's live view has begun, changed or ended. */
  liveView(change: { id: string; deployment_id: string; state: string }): void;
  /** What a layer of the map is drawn from has changed. */
  mapLayer(change: { layer: "tracks" | "basemap" }): void;
  /** Something was missed: read everything again. */
  refetch(): void;
  connection(state: Connection): void;
  /** The stream was refused: is the session still good? */
  refused(): void;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

/** The wait before try number `attempt` (from 0), in ms: doubling, with up to half of it random, so that a
 * whole control room does not come back to a restarted server in the same instant. */
export function backoff(attempt: number, random: number): number {
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempt, 16));
  return wait * (0.5 + random / 2);
}

/** Opens the stream; the function it returns closes it. */
export function listen(slug: string, events: LiveEvents): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let wasOpen = false;
  let closed = false;

  function open(): void {
    clearTimeout(timer);
    source = new EventSource(streamUrl(slug));
    source.onopen = () => {
      attempt = 0;
      events.connection("live");
      if (wasOpen) events.refetch();
      wasOpen = true;
    };
    source.onerror = () => {
      // The browser's own retry neither backs off nor returns after an error status, so ours replaces it.
      source?.close();
      if (closed) return;
      events.connection(wasOpen ? "reconnecting" : "connecting");
      events.refused();
      timer = setTimeout(open, backoff(attempt++, Math.random()));
    };
    on("observation", (data) => events.observation(data as Observation));
    on("incident", (data) => events.incident(data as { id: string }));
    on("deployment", (data) => events.deployment(data as { id: string }));
    on("media", (data) => events.media(data as LiveMedia));
    on("live_view", (data) => events.liveView(data as Parameters<LiveEvents["liveView"]>[0]));
    on("map", (data) => events.mapLayer(data as { layer: "tracks" | "basemap" }));
    source.addEventListener("refetch", () => events.refetch());
  }

  /** One event may carry one record or several of a batch. */
  function on(name: string, handle: (data: unknown) => void): void {
    source!.addEventListener(name, (event) => {
      const data: unknown = JSON.parse((event as MessageEvent<string>).data);
      for (const one of Array.isArray(data) ? data : [data]) handle(one);
    });
  }

  const retryNow = () => {
    if (source?.readyState === EventSource.CLOSED) open();
  };
  window.addEventListener("online", retryNow);
  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    window.removeEventListener("online", retryNow);
    source?.close();
  };
}
