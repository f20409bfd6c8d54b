/** The shapes of the cloud's API and event stream, by short names. The truth is api.d.ts, generated from
 * docs/contracts/openapi.json (`npm run types`) and checked for drift (`npm run check`). Times are ISO 8601 UTC. */
import type { MultiPolygon, Polygon } from "geojson";
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
export type Incident = Schemas["IncidentDetail"];
export type IncidentSummary = Schemas["IncidentSummary"];
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
/** Of a camera's clock. */
export type Corrections = Schemas["Corrections"];

/** What became of a file of labels, picture by picture. */
export interface Imported {
  stored: number;
  unchanged: number;
  untouched: number;
  errors: { field: string; message: string }[];
}

// Fire: where it is, who was called, what was done ----------------------------------------------------

export type Place = Schemas["Place"];
export type ActionKind = Incident["may"][number];
export type NewAction = Schemas["Action"];
export type FalseAlarmReason = NonNullable<NewAction["reason"]>;
export const FALSE_ALARM_REASONS: readonly FalseAlarmReason[] = [
  "cloud", "fog", "dust", "chimney", "vehicle", "glare", "sun", "insect", "other",
];
export type Hotspot = Schemas["IncidentHotspot"];
export type FireReport = Schemas["IncidentReport"];
export type FieldPicture = Schemas["FieldPicture"];
export type LogEntry = Schemas["LogEntry"];
export type SuggestedMask = Schemas["SuggestedMask"];
export type Mask = Schemas["Mask"];
export type Masks = Schemas["Masks"];
/** One call to one device. Times are null until they happened. */
export type Delivery = Schemas["IncidentDelivery"];
export type Channel = Delivery["channel"];
