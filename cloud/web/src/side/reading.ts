/** What a page has read of one address: the answer, a failure, or neither yet. What comes late for another address is
 * left aside. */
import type { AppTools } from "../pages";
import type { Failure } from "../store";

export interface Reading<T> {
  readonly value: T | null;
  readonly failure: Failure | null;
  readonly busy: boolean;
  /** Reads anew; `keep`: what is on show stays until the answer is here. */
  read(ask: () => Promise<T>, keep?: boolean): Promise<void>;
  forget(): void;
}

export function createReading<T>(tools: AppTools): Reading<T> {
  let number = 0;
  const state = { value: null as T | null, failure: null as Failure | null, busy: false };
  return {
    get value() { return state.value; },
    get failure() { return state.failure; },
    get busy() { return state.busy; },
    async read(ask, keep = false) {
      const mine = ++number;
      if (!keep) state.value = null;
      state.failure = null;
      state.busy = true;
      tools.redraw();
      try {
        const value = await ask();
        if (mine === number) state.value = value;
      } catch (error) {
        if (mine === number) state.failure = tools.failureOf(error);
      } finally {
        if (mine === number) {
          state.busy = false;
          tools.redraw();
        }
      }
    },
    forget() {
      number++;
      Object.assign(state, { value: null, failure: null, busy: false });
    },
  };
}
