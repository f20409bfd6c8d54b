/** One state, and the only way to change it. Knows nothing of what the state holds. */

export interface Reactive<S> {
  readonly state: S;
  set(patch: Partial<S> | ((state: S) => Partial<S>)): void;
  /** Calls back at most once a frame, with the state then and at the last call. */
  subscribe(listener: (state: S, before: S) => void): void;
}

export function createReactive<S>(state: S): Reactive<S> {
  const listeners: { call: (state: S, before: S) => void; seen: S }[] = [];
  let scheduled = false;

  function flush(): void {
    scheduled = false;
    for (const listener of listeners) {
      const before = listener.seen;
      listener.seen = state;
      if (before !== state) listener.call(state, before);
    }
  }
  return {
    get state() {
      return state;
    },
    set(patch) {
      state = { ...state, ...(typeof patch === "function" ? patch(state) : patch) };
      if (scheduled) return;
      scheduled = true;
      // A hidden tab gets no frames, yet its title must still tell of a fire.
      if (document.hidden) setTimeout(flush, 200);
      else requestAnimationFrame(flush);
    },
    subscribe(call) {
      listeners.push({ call, seen: state });
    },
  };
}
