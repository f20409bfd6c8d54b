/** The shapes of the cloud's API and event stream, by short names. The truth is api.d.ts, generated from
 * docs/contracts/openapi.json (`npm run types`) and checked for drift (`npm run check`). Times are ISO 8601 UTC. */
import type { Geometry, MultiPolygon, Point, Polygon } from "geojson";
import type { components } from "./api";

type Schemas = components["schemas"];

export type Area = Polygon | MultiPolygon;
export type Account = Schemas["Account"];
export type Reserve = Schemas["Reserve"];
export type Zones = Schemas["Zones"];
export type Deployments = Schemas["Deployments"];
export type Deployment = Schemas["DeploymentProperties"];
export type HealthStatus = Schemas["HealthStatus"];
/** As the stream tells it; a listed observation holds more. */
export type Observation = Schemas["LiveObservation"];
export type LiveMedia = Schemas["LiveMedia"];
export type Incident = Schemas["IncidentDetail"] & FireDetail;
export type IncidentSummary = Schemas["IncidentSummary"] & FireMore;
export type Suspicion = Incident["suspicions"][number];
export type IncidentState = Incident["state"];
export type Counts = Schemas["Counts"];
export type SpeciesCount = Schemas["SpeciesCount"];
export type Rate = Schemas["Rate"];

export interface CountsQuery {
  area: Area | null;
  from: string;
  to: string;
  taxa: string[] | null;
}

export type Label = Schemas["Label"];
export type Proposal = Schemas["Proposal"];
export type LabelRevision = Schemas["LabelRevision"];
export type LabelConflict = Schemas["LabelConflict"];
export type ReviewItem = Schemas["ReviewItem"];
export type ReviewItems = Schemas["ReviewItems"];
export type ReviewDetail = Schemas["ReviewDetail"];
export type ReviewProgress = Schemas["ReviewProgress"];
export type Reason = ReviewItem["reasons"][number];
export type Taxon = Schemas["Taxon"];

/** What became of a file of labels, picture by picture. */
export interface Imported {
  stored: number;
  unchanged: number;
  untouched: number;
  errors: { field: string; message: string }[];
}

// Fire: where it is, who was called, what was done ----------------------------------------------------

export type DangerClass = "low" | "moderate" | "high" | "very_high" | "extreme";

export interface FirePlace {
  location: Point;
  method: "bearings" | "terrain" | "hotspot" | "report";
  /** Half axes of the 95 % ellipse; the major one lies `orientation_deg` clockwise from north. */
  semi_major_m: number | null;
  semi_minor_m: number | null;
  orientation_deg: number | null;
}

interface FireMore {
  place: FirePlace | null;
  /** The 95 % ellipse, or the sector in which the fire lies. */
  region: Geometry | null;
  zone: { id: string; name: string; name_zh: string | null } | null;
  fwi: number | null;
  danger: DangerClass | null;
  /** Why nobody was called; null: people are called. */
  held_back: string | null;
  drill: boolean;
  revision: number;
  unanswered: boolean;
}

export type ActionKind =
  | "acknowledge" | "on_my_way" | "arrive" | "contain" | "close" | "false_alarm" | "reopen" | "note" | "release"
  | "split" | "merge";

interface FireDetail extends FireMore {
  suspicions: (Schemas["Suspicion"] & {
    deployment: string; before_media_id: string | null; clip_media_id: string | null; elevation_sd_deg: number | null;
  })[];
  hotspots: Hotspot[];
  reports: FireReport[];
  pictures: FieldPicture[];
  log: LogEntry[];
  deliveries: Delivery[];
  may: ActionKind[];
  merged_into: string | null;
  suggested_mask: SuggestedMask | null;
}

export interface SuggestedMask {
  deployment_id: string;
  polygon: [number, number][];
  reason: string;
  false_alarms: number;
}

export type LogEntry = Schemas["LogEntry"] & { details: Record<string, unknown>; done_at: string | null };

export interface Hotspot {
  id: string;
  source: string;
  satellite: string;
  instrument: "VIIRS" | "MODIS";
  observed_at: string;
  received_at: string;
  location: Point;
  scan_km: number;
  track_km: number;
  confidence: "low" | "nominal" | "high";
  frp_mw: number | null;
}

export interface FireReport {
  id: string;
  account: string;
  observed_at: string;
  received_at: string;
  kind: "smoke" | "fire";
  location: Point | null;
  standpoint: Point | null;
  bearing_deg: number | null;
  note: string | null;
}

export interface FieldPicture {
  id: string;
  account: string;
  taken_at: string;
  received_at: string;
  location: Point | null;
  note: string | null;
}

/** One call to one device. Times are null until they happened. */
export interface Delivery {
  id: string;
  account: string | null;
  device: string;
  channel: Channel;
  kind: string;
  step: number | null;
  state: "queued" | "sent" | "delivered" | "opened" | "answered" | "failed" | "cancelled";
  queued_at: string;
  sent_at: string | null;
  delivered_at: string | null;
  opened_at: string | null;
  answered_at: string | null;
  failure: string | null;
}

export type Channel = "web_push" | "email" | "sms" | "voice" | "webhook";
