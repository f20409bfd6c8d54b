/** What every view is given: the state, the words in its language, and the ways to act. */
import type { Actions } from "../actions";
import type { Translate } from "../i18n";
import { isNarrow } from "../map/markers";
import type { MapView } from "../map/view";
import type { PointerHandlers } from "../review/pointer";
import type { State, Store } from "../store";
import * as format from "../format";

export interface View {
  readonly state: State;
  readonly t: Translate;
  readonly store: Store;
  readonly actions: Actions;
  readonly map: MapView;
  readonly pointer: PointerHandlers;
}

type Shown = Pick<View, "state" | "t">;

export function zoneOf(state: State): string {
  return state.reserve?.timezone ?? "UTC";
}

/** An instant on the reserve's clock. */
export function clock({ state }: Pick<View, "state">, iso: string): string {
  return format.clock(Date.parse(iso), state.now, zoneOf(state), state.language);
}

export function fullTime({ state }: Pick<View, "state">, iso: string): string {
  return format.fullTime(Date.parse(iso), zoneOf(state), state.language);
}

export function ago({ state, t }: Shown, iso: string | null): string {
  return iso === null ? t("never") : format.ago(Date.parse(iso), state.now, state.language, t);
}

export function chooseDeployment(view: View, id: string): void {
  const found = view.state.deployments.features.find((one) => one.properties.id === id);
  if (!found) return;
  view.store.set({ selectedDeployment: id, ...(isNarrow() ? { tab: "cameras" } : {}) });
  view.map.bringIntoView([found.geometry.coordinates[0]!, found.geometry.coordinates[1]!]);
}
