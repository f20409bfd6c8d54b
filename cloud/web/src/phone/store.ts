/** The phone's one state; every view is a function of it. */
import type { Language } from "../language";
import { createReactive, type Reactive } from "../reactive";
import type { KeptIncident } from "./kept";
import type { Entry } from "./outbox";
import type { Here, PositionState } from "./position";
import type { PushState } from "./push";
import type { Route } from "./route";
import type { SoundChoice } from "./sound";
import type { Account, IncidentSummary } from "./wire";

export type Sheet = "more" | "false_alarm" | "note" | "picture" | "navigate";
export type Light = "day" | "night";

/** One line of the list: from the cloud, or from what was opened before. */
export type Listed = Pick<
  IncidentSummary, "id" | "kind" | "state" | "drill" | "last_seen_at" | "held_back" | "unanswered"
> & { place: { name: string; name_zh: string | null } };

export interface PhoneState {
  phase: "starting" | "login" | "in";
  language: Language;
  light: Light;
  now: number;
  route: Route;
  account: Account | null;
  login: { busy: boolean; failed: number | null; expired: boolean };
  /** Whether the last question to the cloud was answered. */
  link: boolean;
  /** Whether the app can keep anything on this phone: without it nothing works offline. */
  keeps: boolean;

  list: { items: readonly Listed[]; read: number } | null;
  /** Whether the list also has those of the last day that are over. */
  over: boolean;
  /** The incident on show; `read` is when the cloud said so. */
  incident: KeptIncident | null;
  /** Status with which it could not be read, where nothing is kept of it either. */
  missing: number | null;
  outbox: readonly Entry[];

  here: Here | null;
  position: PositionState;
  heading: number | null;

  sheet: Sheet | null;
  draft: string;
  picture: { jpeg: ArrayBuffer; url: string } | "busy" | "unreadable" | null;
  slide: number;
  map: "off" | "loading" | "on" | "failed";
  copied: boolean;
  leaving: boolean;

  push: PushState;
  pushBusy: boolean;
  /** What went wrong with it, in the browser's or the cloud's words. */
  pushFailure: string | null;
  tested: "no" | "sent" | "arrived";
  sound: SoundChoice;
  /** "blocked": the browser lets the page sound only after a touch. */
  sounding: "no" | "yes" | "blocked";
  install: "no" | "can" | "done";
  /** A newer version of the app is there. */
  update: boolean;
}

export type PhoneStore = Reactive<PhoneState>;

export function createPhoneStore(first: Pick<PhoneState, "language" | "light" | "route" | "sound">): PhoneStore {
  return createReactive<PhoneState>({
    phase: "starting",
    now: Date.now(),
    account: null,
    login: { busy: false, failed: null, expired: false },
    link: true,
    keeps: true,
    ...nothingOpen(),
    list: null,
    over: false,
    outbox: [],
    here: null,
    position: "off",
    heading: null,
    push: "unknown",
    pushBusy: false,
    pushFailure: null,
    tested: "no",
    sounding: "no",
    install: "no",
    update: false,
    leaving: false,
    ...first,
  });
}

/** What belongs to the incident on show. */
export function nothingOpen() {
  return {
    incident: null, missing: null, sheet: null, draft: "", picture: null, slide: -1, map: "off", copied: false,
  } satisfies Partial<PhoneState>;
}
