/** The fire desk's part of the app's one state, and pure questions about it. */
import type { Key } from "../i18n";
import type { LonLat } from "../geo";
import type { Failure } from "../store";
import type { Account, Incident, IncidentSummary, Mask, SuggestedMask } from "../wire";
import type { Asks } from "./act";
import { EMPTY_SHAPE, type Shape } from "./mask";
import { DESK_START, type DeskRoute } from "./route";
import type {
  Alert, AlertRule, NewRule, CallPlan, CallStep, Drill, DrillReport, FireDanger, Gate, ImportedHotspots, ImportedWeather, IssuedWebhook, MyDevice, OnDuty, PersonReach, Shift, Webhook,
} from "./wire";

export type Filter = "open" | "held" | "drills" | "done";
export const FILTERS: readonly Filter[] = ["open", "held", "drills", "done"];

export interface Said {
  readonly key: Key;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** What stands over the page and waits for an answer. */
export type Dialog =
  | { kind: "act"; action: Asks }
  | ({ kind: "suggested_mask"; incident: string } & SuggestedMask)
  | { kind: "drill" }
  | { kind: "shift"; day: string; zone: string | null }
  | { kind: "remove_shift"; shift: string }
  | { kind: "rule"; rule: string | null }
  | { kind: "report" };

/** What the next click on the map means. */
export type Picking = "place" | "standpoint";

export interface Roster {
  shifts: readonly Shift[];
  plan: CallPlan;
  onDuty: OnDuty;
  people: readonly PersonReach[];
  webhooks: readonly Webhook[];
}

export interface MaskDesk {
  deployment: string;
  masks: readonly Mask[];
  /** The newest picture of the camera, null where it has sent none. */
  picture: string | null;
}

export interface DangerDesk {
  danger: FireDanger;
  gates: readonly Gate[];
}

/** What became of a file that was just brought. */
export type BroughtFile = { kind: "weather"; answer: ImportedWeather } | { kind: "hotspots"; answer: ImportedHotspots };

export interface DeskState {
  route: DeskRoute;
  filter: Filter;
  /** Every incident of the reserve, in short; null while it was not read yet. */
  listed: readonly IncidentSummary[] | null;
  busy: boolean;
  failure: Failure | null;
  said: Said | null;
  dialog: Dialog | null;
  picking: Picking | null;
  picked: LonLat | null;
  pickedAs: Picking;
  roster: Roster | null;
  /** The Monday of the week on show, 2026-11-16; null: this week's. */
  week: string | null;
  /** The call plan while it is changed. */
  planDraft: CallStep[] | null;
  masks: MaskDesk | null;
  shape: Shape;
  rules: readonly AlertRule[] | null;
  alerts: readonly Alert[];
  /** The rule in the form, as far as it is filled in. */
  ruleDraft: NewRule | null;
  danger: DangerDesk | null;
  /** The camera whose gate is in the form; "" for one that is yet to be chosen. */
  gateOf: string | null;
  brought: BroughtFile | null;
  drills: readonly Drill[] | null;
  report: DrillReport | null;
  devices: readonly MyDevice[] | null;
  /** A webhook that was just made: its secret is shown this once. */
  issued: IssuedWebhook | null;
}

export function emptyDesk(route: DeskRoute = DESK_START): DeskState {
  return {
    route, filter: "open", listed: null, busy: false, failure: null, said: null, dialog: null, picking: null,
    picked: null, pickedAs: "place", roster: null, week: null, planDraft: null, masks: null, shape: EMPTY_SHAPE, rules: null, alerts: [], ruleDraft: null,
    danger: null, gateOf: null, brought: null, drills: null, report: null, devices: null, issued: null,
  };
}

/** Whether the account runs the reserve's fire service. The cloud checks it too. */
export function mayManage(account: Account | null, reserve: string | undefined): boolean {
  return (account?.memberships ?? []).some(
    (one) => (one.reserve === null || one.reserve === reserve) && (one.role === "admin" || one.role === "manager"),
  );
}

export function filterOf(incident: IncidentSummary | Incident): Filter {
  if (incident.state === "closed" || incident.state === "false_alarm") return incident.drill ? "drills" : "done";
  if (incident.drill) return "drills";
  return incident.held_back ? "held" : "open";
}

const DANGER = ["low", "moderate", "high", "very_high", "extreme"];

/** Whether the account brings weather: technicians do, and managers. */
export function mayBring(account: Account | null, reserve: string | undefined): boolean {
  const own = account?.memberships ?? [];
  return mayManage(account, reserve) || own.some((one) => one.reserve === reserve && one.role === "technician");
}

/** What needs an answer first: whom nobody answered at all, then new before taken care of, flames before smoke, high danger before low, then the
 * newest. */
export function ranked<T extends IncidentSummary | Incident>(incidents: readonly T[]): T[] {
  const rank = (one: T): number[] => [
    one.unanswered ? 0 : one.state === "new" ? 1 : 2,
    one.kind === "fire" ? 0 : 1,
    -DANGER.indexOf(one.danger ?? ""),
    -Date.parse(one.last_seen_at),
  ];
  return [...incidents].sort((a, b) => compare(rank(a), rank(b)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
