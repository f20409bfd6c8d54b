/** The state of the page of administration, and pure questions about it. */
import type { Key } from "../i18n";
import type { LonLat } from "../geo";
import type { OnDuty } from "../desk/wire";
import type { Failure } from "../store";
import type { Area } from "../wire";
import type { EnrolmentCode, ReserveNodes } from "./nodes";
import type { Route } from "./route";
import type {
  AdminLog, Basemap, DataSources, LogEntry, Overlap, PasswordLink, Person, ReplayedAll, Retention, RetentionPreview, RetentionRule, Role,
} from "./wire";

export const ROLES: readonly Role[] = ["manager", "researcher", "ranger", "technician"];

/** A zone of a file, before it is saved. */
export interface ReadZone {
  readonly name: string;
  readonly name_zh: string;
  readonly area: Area;
  readonly take: boolean;
}

/** What asks before it is done, because nothing brings it back. */
export type Question =
  | { kind: "delete_zone"; id: string; name: string }
  | { kind: "end_camera"; id: string; name: string }
  | { kind: "disable"; person: Person }
  | { kind: "new_link"; person: Person }
  | { kind: "leave_reserve"; person: Person }
  | { kind: "retention"; rules: readonly RetentionRule[]; preview: readonly RetentionPreview[] }
  | { kind: "node_password"; node: string }
  | { kind: "new_code" | "revoke_node"; node: string; name: string };

export interface AdminState {
  route: Route;
  busy: boolean;
  /** What the section shows is on its way. */
  reading: boolean;
  failure: Failure | null;
  /** What the API says of single fields, by their names. */
  wrong: Readonly<Record<string, string>>;
  said: { key: Key; values?: Readonly<Record<string, string | number>> } | null;
  /** Something was typed that is not saved. */
  dirty: boolean;
  question: Question | null;

  /** What the map was asked for. */
  drawingFor: "boundary" | "zone" | null;
  /** Of the zone or boundary that is on the form. */
  area: Area | null;
  /** From a file of several areas. */
  read: readonly ReadZone[] | null;
  /** Of the camera that is being added. */
  at: LonLat | null;
  /** It is a flight: no camera that stands. */
  flies: boolean;
  overlaps: readonly Overlap[];
  onDuty: OnDuty | null;
  history: readonly LogEntry[];
  issued: { node: string; password: string | null; deployment: string | null; heading: number | null; fieldOfView: number | null; flies?: boolean } | null;

  nodes: ReserveNodes | null;
  /** What lets a box in: shown once. */
  code: { node: string; name: string; enrolment: EnrolmentCode } | null;

  basemap: Basemap | null;
  people: readonly Person[] | null;
  link: { name: string; email: string; link: PasswordLink | null } | null;

  retention: Retention | null;
  preview: readonly RetentionPreview[] | null;
  sources: DataSources | null;
  replayed: ReplayedAll | null;
  log: AdminLog | null;
}

export function emptyAdmin(route: Route): AdminState {
  return {
    route, busy: false, reading: false, failure: null, wrong: {}, said: null, dirty: false, question: null, drawingFor: null, area: null,
    read: null, at: null, flies: route.flies === true, overlaps: [], onDuty: null, history: [], issued: null, nodes: null, code: null, basemap: null, people: null, link: null, retention: null, preview: null,
    sources: null, replayed: null, log: null,
  };
}

/** The fields that an API's problem names, by the last part of their paths: `body.zones.0.name` as `name`. */
export function wrongFields(problem: unknown): Record<string, string> {
  const errors = (problem as { errors?: { field: string; message: string }[] } | null)?.errors ?? [];
  return Object.fromEntries(errors.map(({ field, message }) => [field.split(".").at(-1)!, message]));
}

export function bytes(n: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = n < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(n) / 3));
  const value = n / 1000 ** step;
  return new Intl.NumberFormat(language, {
    style: "unit", unit: units[step]!, unitDisplay: "short", maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}
