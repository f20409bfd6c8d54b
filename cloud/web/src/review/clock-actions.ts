/** Correcting a camera's clock from the picture that is open, for all that its deployment saw; and back again. */
import { api } from "../client";
import type { Failure, Store } from "../store";
import { uuid } from "../uuid";
import type { Corrections } from "../wire";
import { beginFix, editFix, offsetOf, type ClockFix } from "./clock";
import { itemOf, type ReviewState } from "./state";

export interface ClockContext {
  readonly store: Store;
  readonly failureOf: (error: unknown) => Failure;
  readonly patch: (change: Partial<ReviewState>) => void;
  /** The clock of a deployment counts otherwise now. */
  readonly corrected: (deployment: string) => void;
}

export function createClockActions({ store, failureOf, patch, corrected }: ClockContext) {
  const fix = () => store.state.review.clock;
  const zone = () => store.state.reserve?.timezone ?? "UTC";

  /** Unless the dialog was closed meanwhile, or opened for another camera. */
  function update(deployment: string, change: Partial<ClockFix>): void {
    const now = fix();
    if (now?.deployment === deployment) patch({ clock: { ...now, ...change } });
  }

  function open(): void {
    const item = itemOf(store.state.review);
    if (!item) return;
    patch({ clock: beginFix(item, zone(), uuid()), picker: null });
    void read(item.deployment_id);
  }

  async function read(deployment: string): Promise<void> {
    update(deployment, { failure: null });
    try {
      take(deployment, await api.clockCorrections(deployment));
    } catch (error) {
      update(deployment, { failure: failureOf(error) });
    }
  }

  function edit(change: Parameters<typeof editFix>[1]): void {
    const now = fix();
    if (now && !now.busy) patch({ clock: editFix(now, change, uuid) });
  }

  async function send(): Promise<void> {
    const now = fix();
    const offset_s = now && offsetOf(now, zone());
    if (!now || offset_s === null || now.busy) return;
    const { deployment, id, note } = now;
    update(deployment, { busy: true, tried: true, failure: null });
    try {
      take(deployment, await api.correctClock(deployment, { id, offset_s, note: note.trim() || null }));
      if (fix()?.deployment === deployment) patch({ clock: null, notice: { key: "review.notice.clock", values: { camera: now.camera } } });
      corrected(deployment);
    } catch (error) {
      update(deployment, { busy: false, failure: failureOf(error) });
    }
  }

  async function undo(): Promise<void> {
    const now = fix();
    if (!now || now.busy) return;
    const { deployment } = now;
    update(deployment, { busy: true, failure: null });
    try {
      take(deployment, await api.undoClock(deployment));
      update(deployment, { busy: false });
      corrected(deployment);
    } catch (error) {
      update(deployment, { busy: false, failure: failureOf(error) });
    }
  }

  /** All pictures of the camera show the time that counts now. */
  function take(deployment: string, given: Corrections): void {
    const { items, detail } = store.state.review;
    const clock_offset_s = given.offset_s;
    patch({
      items: items.map((one) => (one.deployment_id === deployment ? { ...one, clock_offset_s } : one)),
      detail: detail?.deployment_id === deployment ? { ...detail, clock_offset_s } : detail,
    });
    update(deployment, { given });
  }

  return { open, edit, send, undo, close: () => patch({ clock: null }), again: () => fix() && void read(fix()!.deployment) };
}
