/** Brings what was said to the cloud: one picture after the other, again and again until it has arrived or the cloud
 * has said why not. */
import { api, ApiError } from "../client";
import { backoff } from "../live";
import type { Failure } from "../store";
import type { LabelConflict, LabelRevision } from "../wire";
import { sameLabels } from "./annotation";
import type { Shelf, Unsent } from "./unsent";

export interface SenderEvents {
  /** What waits has changed. */
  changed(unsent: Unsent[], sending: "idle" | "sending" | "waiting"): void;
  stored(one: Unsent, revision: LabelRevision): void;
  /** Somebody else has labelled the picture since. */
  conflict(one: Unsent, current: LabelRevision): void;
  refused(one: Unsent, failure: Failure): void;
}

export interface Sender {
  /** Send now what is on the shelf, less what a person must decide about first. */
  send(): void;
  /** A person has decided: try this picture again. */
  release(mediaId: string): void;
  close(): void;
}

export function createSender(shelf: Shelf, events: SenderEvents): Sender {
  const undecided = new Set<string>();
  let running = false;
  let closed = false;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const report = (sending: "idle" | "sending" | "waiting") => {
    if (!closed) events.changed(shelf.all(), sending);
  };

  async function run(): Promise<void> {
    if (running || closed) return;
    running = true;
    clearTimeout(timer);
    let lost = false;
    try {
      for (let one = next(); one && !lost && !closed; one = next()) {
        report(attempt > 0 ? "waiting" : "sending");
        lost = !(await sendOne(one));
        if (!lost) attempt = 0;
      }
    } finally {
      running = false;
    }
    if (lost) timer = setTimeout(() => void run(), backoff(attempt++, Math.random()));
    report(lost ? "waiting" : "idle");
  }

  function next(): Unsent | undefined {
    return shelf.all().find((one) => !undecided.has(one.media_id));
  }

  /** False where the cloud could not be reached, and everything else must wait as well. */
  async function sendOne(one: Unsent): Promise<boolean> {
    try {
      settle(one, await api.label(one.media_id, one.based_on, one.labels));
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { status, message } = error;
      if (status === 0 || status === 401 || status === 429 || status >= 500) return false;
      const current = status === 409 ? (error.problem as Partial<LabelConflict> | null)?.current : undefined;
      // The answer to an earlier try was lost, or two people agree: in both cases it stands there already.
      if (current && sameLabels(current.labels, one.labels)) settle(one, current);
      else {
        undecided.add(one.media_id);
        if (closed) return true;
        if (current) events.conflict(one, current);
        else events.refused(one, { status, detail: message });
      }
      return true;
    }
  }

  function settle(one: Unsent, revision: LabelRevision): void {
    shelf.drop(one);
    // What the same person said anew meanwhile builds on it.
    const newer = shelf.all().find((other) => other.media_id === one.media_id);
    if (newer && newer.based_on === one.based_on) shelf.keep({ ...newer, based_on: revision.revision });
    if (!closed) events.stored(one, revision);
  }

  const again = () => void run();
  window.addEventListener("online", again);
  return {
    send: () => {
      report(running ? "sending" : "idle");
      if (attempt === 0) void run();
      // While the connection is lost the timer tries again: not every new picture has to.
    },
    release: (mediaId) => {
      undecided.delete(mediaId);
      attempt = 0;
      void run();
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      window.removeEventListener("online", again);
    },
  };
}
