/** The shapes of the overview's part of the API, by short names. */
import type { components } from "../api";

type Schemas = components["schemas"];

export type Overview = Schemas["Overview"];
export type Need = Schemas["Need"];
export type Severity = Need["severity"];
export type SpeciesChange = Schemas["SpeciesChange"];
export type NewPicture = Schemas["NewSpecies"];
export type BestPicture = Schemas["BestPicture"];
export type Cameras = Schemas["Cameras"];
export type Overviews = Schemas["Overviews"];
export type ReserveOverview = Schemas["ReserveOverview"];
export type SpeciesSeen = Schemas["SpeciesSeen"];
export type LatestPicture = Schemas["LatestPicture"];
export type Observations = Schemas["Observations"];
export type Seen = Schemas["Observation"];
