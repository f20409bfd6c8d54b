/** One camera's live view in this browser: asks the cloud, follows what becomes of it, and says when to redraw.
 * It ends by itself when nobody shows it any more: the cloud notices that no player asks for the playlist. */
import { ApiError, call } from "../client";
import type { components } from "../api";
import { MINUTES, phaseOf, type Phase } from "./rules";
import { createPlayer, type Player } from "./video";

export type LiveViewState = components["schemas"]["LiveViewState"];

const ASKED_EVERY = 700; // ms
const SHOWN_EVERY = 3000;
const TICK = 1000; // the time that is left is told by the second

export interface LiveSession {
  readonly deploymentId: string;
  /** The cloud's word; null before anybody has asked. */
  readonly view: LiveViewState | null;
  readonly phase: Phase;
  /** The cloud was not reached, or has refused: its words. */
  readonly failure: { status: number; detail: string } | null;
  readonly busy: boolean;
  /** When this browser asked (ms); null: it did not, or it is over. */
  readonly askedAt: number | null;
  /** From asking to the first picture that was really shown here, in seconds. */
  readonly firstPictureS: number | null;
  readonly stalled: boolean;
  ask(minutes?: number): void;
  stop(): void;
  /** To follow one that somebody else began. */
  follow(id: string): void;
  /** lit's `ref` of the element that shows it: follows while it is there. */
  readonly shownIn: (element: Element | undefined) => void;
  readonly videoIn: (element: Element | undefined) => void;
}

/** One for each camera, however often it is shown. */
const sessions = new Map<string, LiveSession & { heard(): void }>();

export function liveSession(deploymentId: string, redraw: () => void): LiveSession {
  let found = sessions.get(deploymentId);
  if (!found) sessions.set(deploymentId, (found = create(deploymentId, redraw)));
  return found;
}

/** Somebody else may sign in: nothing of what was seen stays. */
export function forgetLiveViews(): void {
  sessions.clear();
}

/** The reserve's stream says that a live view has changed: `{id, deployment_id, state}`. */
export function liveViewChanged(event: { id: string; deployment_id: string; state: string }): void {
  const known = sessions.get(event.deployment_id);
  if (known?.view?.id === event.id) known.heard();
}

function create(deploymentId: string, redraw: () => void): LiveSession & { heard(): void } {
  let view: LiveViewState | null = null;
  let failure: { status: number; detail: string } | null = null;
  let busy = false;
  let askedAt: number | null = null;
  let firstPictureS: number | null = null;
  let shown: Element | null = null;
  let video: HTMLVideoElement | null = null;
  let player: Player | null = null;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let tick: ReturnType<typeof setInterval> | undefined;

  const phase = () => phaseOf(view?.state ?? null);
  const running = () => view !== null && view.ended_at === null;

  async function say(request: () => Promise<LiveViewState>): Promise<void> {
    busy = true;
    failure = null;
    redraw();
    try {
      took(await request());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failure = { status: error.status, detail: error.message };
    } finally {
      busy = false;
      redraw();
    }
  }

  function took(fresh: LiveViewState): void {
    view = fresh;
    schedule();
    play();
    redraw();
  }

  function schedule(): void {
    clearTimeout(poll);
    if (!shown || !running()) {
      clearInterval(tick);
      tick = undefined;
      return;
    }
    tick ??= setInterval(redraw, TICK);
    poll = setTimeout(() => void read(), phase() === "asking" ? ASKED_EVERY : SHOWN_EVERY);
  }

  async function read(): Promise<void> {
    clearTimeout(poll);
    if (!view) return;
    const asked = view.id;
    try {
      const fresh = await call<LiveViewState>(`/live-views/${asked}`);
      if (view.id === asked) took(fresh);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      schedule(); // the line may come back; what is shown stays
    }
  }

  /** The player is there exactly while there is something to play and an element to play it in. */
  function play(): void {
    const url = running() && phase() === "showing" ? view!.playlist : null;
    if (player && (player.video !== video || url === null)) {
      player.close();
      player = null;
    }
    if (!player && video && url) {
      const asked = askedAt;
      player = createPlayer(video, url, () => {
        if (asked !== null && firstPictureS === null) firstPictureS = (Date.now() - asked) / 1000;
        redraw();
      });
    }
  }

  return {
    deploymentId,
    get view() {
      return view;
    },
    get phase() {
      return phase();
    },
    get failure() {
      return failure;
    },
    get busy() {
      return busy;
    },
    get askedAt() {
      return askedAt;
    },
    get firstPictureS() {
      return firstPictureS;
    },
    get stalled() {
      return player?.stalled ?? false;
    },
    ask(minutes = MINUTES) {
      if (!running()) {
        askedAt = Date.now();
        firstPictureS = null;
      }
      void say(() => call<LiveViewState>(`/deployments/${deploymentId}/live`, { minutes }));
    },
    stop() {
      if (view && running()) void say(() => call<LiveViewState>(`/live-views/${view!.id}/stop`, {}));
    },
    follow(id) {
      if (view?.id === id) return;
      void say(() => call<LiveViewState>(`/live-views/${id}`));
    },
    heard: () => void read(),
    shownIn(element) {
      shown = element ?? null;
      if (shown && running()) void read();
      else schedule();
    },
    videoIn(element) {
      video = (element as HTMLVideoElement | undefined) ?? null;
      play();
    },
  };
}
