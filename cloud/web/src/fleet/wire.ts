/** The shapes of the fleet's part of the API, by short names. */
import type { components } from "../api";

type Schemas = components["schemas"];

export type Fleet = Schemas["Fleet"];
export type FleetNode = Schemas["FleetNode"];
export type NodeGroup = Schemas["NodeGroup"];
export type Artifact = Schemas["FleetArtifact"];
export type RolloutSummary = Schemas["RolloutSummary"];
export type Rollout = Schemas["Rollout"];
export type RolloutNode = Schemas["RolloutNode"];
export type RolloutPlan = Schemas["RolloutPlan"];
export type NewRollout = Schemas["NewRollout"];
export type NodeState = RolloutNode["state"];
export type Maintenance = Schemas["Maintenance"];
export type MaintenanceItem = Schemas["MaintenanceItem"];
export type Stop = Schemas["MaintenanceStop"];
export type Visit = Schemas["Visit"];
export type NodeLog = Schemas["NodeLog"];
export type LogLines = Schemas["LogLines"];
