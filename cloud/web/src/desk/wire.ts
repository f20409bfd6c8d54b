/** The shapes of the API's part for those who run the fire service, by short names. */
import type { components } from "../api";
import type { Area } from "../wire";

type Schemas = components["schemas"];

export type MyDevice = Schemas["Device"];
/** How somebody of the reserve can be reached; no addresses. */
export type PersonReach = Schemas["PersonReach"];
export type Webhook = Schemas["Webhook"];
/** With the secret that is shown this once. */
export type IssuedWebhook = Schemas["IssuedWebhook"];
export type Shift = Schemas["Shift"];
export type NewShift = Schemas["NewShift"];
export type CallStep = Schemas["CallStep"];
export type CallPlan = Schemas["CallPlan"];
export type Whom = CallStep["whom"];
export const WHOM: readonly Whom[] = ["duty", "next", "managers", "all"];
export type OnDuty = Schemas["OnDuty"];
export type OnDutyPerson = Schemas["OnDutyPerson"];
export type AlertRule = Schemas["AlertRule"];
export type NewRule = Omit<AlertRule, "id" | "area"> & { area: Area | null };
export type Alert = Schemas["Alert"];
export type Drill = Schemas["Drill"];
export type NewDrill = Schemas["NewDrill"];
export type DrillCall = Schemas["DrillCall"];
export type DrillReport = Schemas["DrillReport"];
export type FireDanger = Schemas["FireDanger"];
export type FireDangerDay = Schemas["FireDangerDay"];
export type DangerClass = FireDangerDay["danger"];
export const DANGER_CLASSES: readonly DangerClass[] = ["low", "moderate", "high", "very_high", "extreme"];
/** How sure a camera must be, by danger, to call people. */
export type Gate = Schemas["PlacedFireGate"];
export type ImportedWeather = Schemas["ImportedWeather"];
export type ImportedHotspots = Schemas["ImportedHotspots"];
export type NewFireReport = Schemas["NewFireReport"];
