/** The shapes of the cloud's API that the phone uses, by short names; the truth is api.d.ts. */
import type { components } from "../api";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Incident = Schemas["IncidentDetail"];
export type IncidentSummary = Schemas["IncidentSummary"];
export type Reserve = Schemas["Reserve"];
export type State = Incident["state"];
export type ActionKind = Incident["may"][number];
export type Suspicion = Schemas["Suspicion"];
export type LogEntry = Schemas["LogEntry"];
export type Delivery = Schemas["IncidentDelivery"];

/** Why it was a false alarm. */
export const REASONS = ["cloud", "fog", "dust", "chimney", "vehicle", "glare", "sun", "insect", "other"] as const;
export type Reason = (typeof REASONS)[number];

/** What a push brings (fieldwatch_cloud.calls.message), version 1. */
export interface Push {
  v: 1;
  kind: "fire" | "escalation" | "update" | "undelivered" | "wildlife" | "test";
  drill: boolean;
  delivery: string;
  secret: string;
  incident: string | null;
  title: string;
  body: string;
  /** Below the app's own address: "/#incident/<id>". */
  url: string;
  urgent: boolean;
  at: string;
  lang: "zh" | "en";
  tag: string;
}
