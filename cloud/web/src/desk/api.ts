/** The calls of the fire desk. */
import { call } from "../client";
import type { Incident, IncidentSummary, Mask, Masks, NewAction } from "../wire";
import type {
  Alert, AlertRule, NewRule, CallPlan, DangerClass, Drill, DrillReport, FireDanger, Gate, ImportedHotspots, ImportedWeather, MyDevice, NewShift, OnDuty, PersonReach, Shift, Webhook, IssuedWebhook, NewFireReport, NewDrill,
} from "./wire";

const items = <T>(body: { items: T[] }): T[] => body.items;
const remove = (path: string) => call<void>(path, undefined, { method: "DELETE" });

export const deskApi = {
  incidents: (slug: string) => call<{ items: IncidentSummary[] }>(`/reserves/${slug}/incidents`).then(items),
  act: (id: string, action: NewAction) => call<Incident>(`/incidents/${id}/actions`, action),
  report: (slug: string, report: NewFireReport) => call<unknown>(`/reserves/${slug}/fire-reports`, report),

  masks: (deployment: string) => call<Masks>(`/deployments/${deployment}/masks`),
  addMask: (deployment: string, mask: Pick<Mask, "id" | "polygon" | "reason"> & { incident_id?: string }) =>
    call<Mask>(`/deployments/${deployment}/masks`, mask),
  removeMask: (id: string) => remove(`/masks/${id}`),

  shifts: (slug: string) => call<{ items: Shift[] }>(`/reserves/${slug}/shifts`).then(items),
  addShift: (slug: string, shift: NewShift) => call<Shift>(`/reserves/${slug}/shifts`, shift),
  removeShift: (id: string) => remove(`/shifts/${id}`),
  callPlan: (slug: string) => call<CallPlan>(`/reserves/${slug}/call-plan`),
  putCallPlan: (slug: string, steps: CallPlan["steps"]) =>
    call<CallPlan>(`/reserves/${slug}/call-plan`, { steps }, { method: "PUT" }),
  onDuty: (slug: string) => call<OnDuty>(`/reserves/${slug}/on-duty`),
  people: (slug: string) => call<{ items: PersonReach[]; webhooks: Webhook[] }>(`/reserves/${slug}/devices`),
  addWebhook: (slug: string, webhook: { name: string; url: string; language: string }) =>
    call<IssuedWebhook>(`/reserves/${slug}/webhooks`, webhook),

  rules: (slug: string) => call<{ items: AlertRule[] }>(`/reserves/${slug}/alert-rules`).then(items),
  addRule: (slug: string, rule: NewRule) => call<AlertRule>(`/reserves/${slug}/alert-rules`, rule),
  putRule: (id: string, rule: NewRule) => call<AlertRule>(`/alert-rules/${id}`, rule, { method: "PUT" }),
  removeRule: (id: string) => remove(`/alert-rules/${id}`),
  alerts: (slug: string) => call<{ items: Alert[] }>(`/reserves/${slug}/alerts`).then(items),

  danger: (slug: string, from: string) => call<FireDanger>(`/reserves/${slug}/fire-danger?${new URLSearchParams({ from })}`),
  gates: (slug: string) => call<{ items: Gate[] }>(`/reserves/${slug}/fire-gates`).then(items),
  putGate: (deployment: string, least: Partial<Record<DangerClass, number>>) =>
    call<unknown>(`/deployments/${deployment}/fire-gate`, { least }, { method: "PUT" }),
  removeGate: (deployment: string) => remove(`/deployments/${deployment}/fire-gate`),
  importWeather: (slug: string, file: File) => call<ImportedWeather>(`/reserves/${slug}/weather/import`, file, { patience: 180_000 }),
  importHotspots: (slug: string, file: File) => call<ImportedHotspots>(`/reserves/${slug}/hotspots/import`, file, { patience: 180_000 }),

  drills: (slug: string) => call<{ items: Drill[] }>(`/reserves/${slug}/drills`).then(items),
  drill: (id: string) => call<DrillReport>(`/drills/${id}`),
  startDrill: (slug: string, drill: NewDrill) =>
    call<Drill>(`/reserves/${slug}/drills`, drill),
  endDrill: (id: string) => call<DrillReport>(`/drills/${id}/end`, {}),

  devices: () => call<{ items: MyDevice[] }>("/devices").then(items),
  addDevice: (device: { channel: string; name: string; address: Record<string, string>; language: string }) =>
    call<MyDevice>("/devices", device),
  removeDevice: (id: string) => remove(`/devices/${id}`),
  testDevice: (id: string) => call<unknown>(`/devices/${id}/test`, {}),
};

export const capUrl = (id: string) => `/api/v1/incidents/${id}/cap.xml`;
export const capFeedUrl = (slug: string) => `/api/v1/reserves/${slug}/cap.atom`;
export const fieldPictureUrl = (incident: string, picture: string) => `/api/v1/incidents/${incident}/pictures/${picture}`;
