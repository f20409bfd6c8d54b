/** What every view of the phone is given. */
import type { PhoneActions } from "../../phone/actions";
import type { PhoneState, PhoneStore } from "../../phone/store";
import * as words from "../../phone/words";
import type { Say } from "../../phone/words";

export interface View {
  readonly state: PhoneState;
  readonly t: Say;
  readonly store: PhoneStore;
  readonly actions: PhoneActions;
  readonly position: { start(): void };
  readonly map: { element: HTMLElement; open(): void };
  /** Asks the browser to put the app on the home screen. */
  readonly install: () => void;
}

export function clock({ state }: View, at: string | number): string {
  return words.clock(typeof at === "number" ? at : Date.parse(at), state.now, state.language);
}

export function ago({ state }: View, at: string): string {
  return words.ago(Date.parse(at), state.now, state.language);
}

export function metres({ state }: View, value: number): string {
  return words.length(value, state.language);
}

export function degrees(value: number): string {
  return `${Math.round(value) % 360}°`;
}

export function localName({ state }: View, named: { name: string; name_zh: string | null }): string {
  return (state.language === "zh" && named.name_zh) || named.name;
}
