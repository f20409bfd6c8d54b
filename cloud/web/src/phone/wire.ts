/** The shapes that the phone uses: of the cloud's API, and of a push. */
export type {
  Account, ActionKind, Delivery, FalseAlarmReason as Reason, Incident, IncidentState as State, IncidentSummary, LogEntry,
  Reserve, Suspicion,
} from "../wire";

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
