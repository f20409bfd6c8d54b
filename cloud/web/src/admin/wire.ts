/** The shapes of the API's part for administration, by short names. */
import type { components } from "../api";
import type { Area } from "../wire";

type Schemas = components["schemas"];

export type Person = Schemas["Person"];
export type Role = Schemas["Role"];
export type AddedPerson = Schemas["AddedPerson"];
export type PasswordLink = Schemas["PasswordLink"];
export type Overlap = Schemas["Overlap"];
export type SavedZones = Schemas["SavedZones"];
export type NewDeployment = Schemas["NewDeployment"];
export type Correction = Schemas["CorrectedDeployment"];
export type IssuedNode = Schemas["IssuedNode"];
export type Retention = Schemas["Retention"];
export type RetentionRule = Schemas["RetentionRule"];
export type RetentionPreview = Schemas["RetentionPreview"];
export type RetentionKind = RetentionRule["kind"];
export type DataSources = Schemas["DataSources"];
export type ReplayedAll = Schemas["ReplayedAll"];
export type LogEntry = Schemas["AdminLogEntry"];
export type Basemap = Schemas["Basemap"];
export type LoadedLayer = Schemas["LoadedLayer"];
export type LandKind = LoadedLayer["kind"];
export type AdminLog = Schemas["AdminLog"];

export interface ZoneShape {
  readonly name: string;
  readonly name_zh: string | null;
  readonly area: Area;
}

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly language: "en" | "zh";
  readonly reserve: string | null;
  readonly roles: readonly Role[];
}
