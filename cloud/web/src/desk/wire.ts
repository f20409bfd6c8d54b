/** The shapes of the API's part for those who run the fire service. Times are ISO 8601 UTC. */
import type { Area, Channel } from "../wire";

export type Whom = "duty" | "next" | "managers" | "all";
export const WHOM: readonly Whom[] = ["duty", "next", "managers", "all"];

export interface MyDevice {
  id: string;
  channel: Channel;
  name: string;
  language: "en" | "zh";
  created_at: string;
  disabled_at: string | null;
  disabled_reason: string | null;
  /** Shortened for the eye; never the whole of a push endpoint. */
  address?: string | null;
}

/** How somebody of the reserve can be reached; no addresses. */
export interface PersonReach {
  account_id: string;
  account: string;
  role: string;
  devices: { id: string; channel: Channel; name: string; disabled_reason: string | null }[];
}

export interface Webhook {
  id: string;
  name: string;
  url: string;
}

export interface Shift {
  id: string;
  zone_id: string | null;
  account_id: string;
  account: string;
  /** 1: on duty; 2, 3, …: called next, in this order. */
  place: number;
  starts_at: string;
  ends_at: string;
  repeats: "never" | "daily" | "weekly";
  until: string | null;
}

export type NewShift = Omit<Shift, "account">;

export interface CallStep {
  after_s: number;
  whom: Whom;
}

export interface CallPlan {
  steps: CallStep[];
  /** The reserve has no plan of its own. */
  default?: boolean;
}

export interface OnDutyPerson {
  account_id: string;
  account: string;
  place: number;
  reachable: boolean;
}

export interface OnDuty {
  at: string;
  zones: { zone_id: string | null; people: OnDutyPerson[] }[];
}

export interface AlertRule {
  id: string;
  name: string;
  name_zh: string | null;
  /** Empty: any animal. */
  scientific_names: string[];
  /** null: the whole reserve. */
  area: Area | null;
  least_confidence: number;
  least_count: number;
  cooldown_s: number;
  /** Local time of the reserve, HH:MM. */
  quiet_from: string | null;
  quiet_to: string | null;
  whom: Whom;
  enabled: boolean;
}

export interface Alert {
  id: string;
  rule_id: string;
  deployment_id: string;
  observed_at: string;
  raised_at: string;
  scientific_name: string | null;
  count: number | null;
  media_id: string | null;
  /** null: people were called. */
  held_back: "cooldown" | "quiet_hours" | "late" | null;
}

export interface Drill {
  id: string;
  incident_id: string | null;
  started_by: string;
  started_at: string;
  ended_at: string | null;
  note: string | null;
}

export interface DrillCall {
  account: string | null;
  device: string;
  channel: Channel;
  step: number | null;
  state: string;
  /** Seconds after the start. */
  queued_s: number | null;
  sent_s: number | null;
  delivered_s: number | null;
  opened_s: number | null;
  answered_s: number | null;
  failure: string | null;
}

export interface DrillReport extends Drill {
  calls: DrillCall[];
  not_reached: string[];
  steps: { step: number; due_s: number; began_s: number | null }[];
}
