/** The shapes of the API's counts, series, grids, estimates and exchange, by short names. */
import type { components } from "../api";
import type { Area } from "../wire";

type Schemas = components["schemas"];

/** What every question to the counts has in common. */
export interface CountsQuestion {
  area: Area | null;
  from: string;
  to: string;
  taxa: string[] | null;
  event_interval_min: number;
  min_confidence: number;
}

export type VerdictLine = Schemas["VerdictLine"];
export type Counted = Schemas["Counts"];
export type SpeciesCount = Schemas["SpeciesCount"];
export type Series = Schemas["Series"];
export type Period = Schemas["Period"];
export type Grid = Schemas["Grid"];
export type Cell = Schemas["Cell"];
export type Comparison = Schemas["Comparison"];
export type ComparedSpecies = Schemas["ComparedSpecies"];
export type Ratio = Schemas["Ratio"];
export type EffortCalendar = Schemas["EffortCalendar"];
export type EffortRow = Schemas["DeploymentCalendar"];
export type EffortDay = Schemas["EffortOfDay"];
export type UploadedArea = Schemas["UploadedArea"];
export type Method = Schemas["Method"];
export type Estimated = Schemas["EstimateAnswer"];
export type EstimateValue = Schemas["EstimateValue"];
export type Curve = Schemas["Curve"];
export type Dataset = Schemas["Dataset"];
export type Imported = Schemas["ImportedDataset"];
export type Sensitive = Schemas["SensitiveSpecies"];
export type Token = Schemas["Token"];
export type IssuedToken = Schemas["IssuedToken"];
export type TracedEvent = Schemas["TracedEvent"];
export type Traced = Schemas["Trace"];
/** What is to be taken along; a zone stands in its address, an area that was drawn only in a body. */
export interface ExportQuestion {
  area: Area | null;
  zone: string | null;
  from: string;
  to: string;
  taxa: string[];
  min_confidence: number;
}
export const FORMATS = ["camtrap-dp", "darwin-core", "csv", "geojson", "gpkg", "parquet", "earthranger", "coco"] as const;
export type Format = (typeof FORMATS)[number];
export type Citation = Schemas["ExportCitation"];
