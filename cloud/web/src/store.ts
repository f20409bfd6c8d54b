/** The app's one state. Views are functions of it. */
import type { Language } from "./i18n";
import type { Drawing, Refusal } from "./polygon";
import { emptyDesk, type DeskState } from "./desk/state";
import { emptyReview, type ReviewState } from "./review/state";
import { emptyResearch, type ResearchState } from "./research/state";
import { emptyMap, PLAIN, type MapState, type Preferences } from "./map/state";
import type { Reactive } from "./reactive";
import type { Page } from "./route";
import type { Span } from "./time";
import type {
  Account, Area, Counts, CountsQuery, Deployments, HealthStatus, Incident, IncidentSummary, Observation, Reserve, Zones,
} from "./wire";

export type Tab = "live" | "count" | "fire" | "cameras";
export type Connection = "connecting" | "live" | "reconnecting";

export type AreaChoice = { kind: "drawn" } | { kind: "reserve" } | { kind: "zone"; id: string };

export interface CountForm {
  area: AreaChoice;
  drawn: Area | null;
  span: Span;
  /** Wall times on the reserve's clock, as `<input type="datetime-local">` writes them. */
  customFrom: string;
  customTo: string;
  taxon: string | null;
}

export interface CountResult {
  counts: Counts;
  query: CountsQuery;
}

export interface Failure {
  status: number;
  detail: string;
}

export interface State {
  /** "map": signed in, whichever page is on show. */
  phase: "starting" | "login" | "map";
  page: Page;
  language: Language;
  now: number;
  account: Account | null;
  login: { busy: boolean; failure: Failure | null; expired: boolean };

  reserves: Reserve[];
  reserve: Reserve | null;
  failure: Failure | null;
  zones: Zones;
  deployments: Deployments;
  /** Whether `deployments` is what the cloud said: until then, none does not mean that there is none. */
  camerasRead: boolean;
  /** Newest first, at most `KEPT`. */
  observations: Observation[];
  /** Newest first. */
  incidents: Incident[];
  /** Whether there are incidents before those. */
  olderIncidents: boolean;
  connection: Connection;
  /** How often each picture was announced after a first try to show it: a new number loads it again. */
  mediaAttempts: Readonly<Record<string, number>>;

  tab: Tab;
  panelOpen: boolean;
  /** Which of the cameras the panel lists, and how many at most. */
  cameraList: { query: string; status: HealthStatus | null; most: number };
  selectedDeployment: string | null;
  selectedIncident: string | null;
  hiddenBanners: readonly string[];
  picture: { mediaId: string; caption: string; box: Incident["suspicions"][number]["box"] | null } | null;

  drawing: Drawing | null;
  drawRefusal: Refusal | null;
  form: CountForm;
  result: CountResult | null;
  counting: boolean;
  countFailure: Failure | "bad_span" | "draw_first" | null;
  copied: "yes" | "no" | null;

  /** The map page: layers, time, search. */
  atlas: MapState;
  review: ReviewState;
  desk: DeskState;
  research: ResearchState;
}

export const KEPT = 200;
export const INCIDENTS_READ = 30;

export function initialState(language: Language, hiddenBanners: readonly string[], map: Preferences = PLAIN): State {
  return {
    phase: "starting",
    page: "map",
    language,
    now: Date.now(),
    account: null,
    login: { busy: false, failure: null, expired: false },
    reserves: [],
    reserve: null,
    ...emptyReserve(),
    atlas: emptyMap(map),
    mediaAttempts: {},
    tab: "live",
    panelOpen: true,
    hiddenBanners,
    picture: null,
  };
}

/** The part of the state that belongs to the reserve on show. */
export function emptyReserve() {
  return {
    failure: null,
    zones: { type: "FeatureCollection", features: [] } as Zones,
    deployments: { type: "FeatureCollection", features: [] } as Deployments,
    camerasRead: false,
    observations: [] as Observation[],
    incidents: [] as Incident[],
    olderIncidents: false,
    connection: "connecting" as Connection,
    cameraList: { query: "", status: null as HealthStatus | null, most: 60 },
    selectedDeployment: null,
    selectedIncident: null,
    drawing: null,
    drawRefusal: null,
    form: {
      area: { kind: "reserve" }, drawn: null, span: "7d", customFrom: "", customTo: "", taxon: null,
    } as CountForm,
    result: null,
    counting: false,
    countFailure: null,
    copied: null,
    review: emptyReview() as ReviewState,
    desk: emptyDesk() as DeskState,
    research: emptyResearch() as ResearchState,
  } satisfies Partial<State>;
}

export type Store = Reactive<State>;

/** The newest `KEPT` of both lists, each record once, newest first by capture time. */
export function mergeObservations(known: Observation[], fresh: Observation[]): Observation[] {
  const byId = new Map([...known, ...fresh].map((one) => [one.id, one]));
  return [...byId.values()].sort((a, b) => Date.parse(b.observed_at) - Date.parse(a.observed_at)).slice(0, KEPT);
}

/** `fresh` replaces what is known of the same incidents; newest first by capture time. Of what is over, the newest
 * `KEPT` stay: a screen that stands for months must not hold every fire that ever was. */
export function mergeIncidents(known: Incident[], fresh: Incident[]): Incident[] {
  const byId = new Map([...known, ...fresh].map((one) => [one.id, one]));
  const sorted = [...byId.values()].sort((a, b) => Date.parse(b.last_seen_at) - Date.parse(a.last_seen_at));
  return sorted.filter((one, i) => i < KEPT || isOpen(one));
}

/** Which of the listed incidents (newest first) must be read in full, less those that are known as they are now: all
 * that call people, however many newer ones are over or were held back; then the newest others, up to
 * `INCIDENTS_READ`. `older`: whether some are left out. */
export function incidentsToRead(listed: IncidentSummary[], known: Incident[]): { ids: string[]; older: boolean } {
  const asKnown = new Map(known.map((one) => [one.id, one]));
  const calling = listed.filter(isAlarm).slice(0, KEPT);
  const others = listed.filter((one) => !isAlarm(one)).slice(0, Math.max(0, INCIDENTS_READ - calling.length));
  const wanted = new Set([...calling, ...others]);
  const ids = listed.filter((one) => wanted.has(one) && hasChanged(one, asKnown.get(one.id))).map(({ id }) => id);
  return { ids, older: listed.length > wanted.size };
}

function hasChanged(listed: IncidentSummary, known: Incident | undefined): boolean {
  if (!known) return true;
  const newestPicture = known.suspicions.findLast((one) => one.media_id !== null)?.media_id ?? null;
  return (
    listed.state !== known.state || listed.kind !== known.kind || listed.last_seen_at !== known.last_seen_at ||
    listed.suspicions !== known.suspicions.length || listed.media_id !== newestPicture ||
    listed.revision !== known.revision
  );
}

export function isOpen(incident: Pick<Incident, "state"> & { merged_into?: string | null }): boolean {
  return incident.state !== "closed" && incident.state !== "false_alarm" && !incident.merged_into;
}

/** An open fire that calls people: no exercise, and nothing that a gate held back. */
export function isAlarm(incident: Pick<Incident, "state" | "drill" | "held_back"> & { merged_into?: string | null }): boolean {
  return isOpen(incident) && !incident.drill && !incident.held_back;
}
