/** The calls of the fleet page. */
import { call } from "../client";
import type {
  Artifact, Fleet, LogLines, Maintenance, MaintenanceItem, NewRollout, NodeGroup, NodeLog, Rollout, RolloutPlan, RolloutSummary,
} from "./wire";

const UPLOAD_PATIENCE = 600_000; // ms

export const fleetApi = {
  fleet: (slug: string) => call<Fleet>(`/reserves/${slug}/fleet`),
  setGroup: (slug: string, id: string, body: { name: string; rank: number; nodes: string[] }) =>
    call<NodeGroup>(`/reserves/${slug}/fleet/groups/${id}`, body, { method: "PUT" }),
  dropGroup: (slug: string, id: string) => call<void>(`/reserves/${slug}/fleet/groups/${id}`, undefined, { method: "DELETE" }),
  setSettings: (path: string, settings: unknown) => call<{ told: string[] }>(path, { settings }, { method: "PUT" }),
  schema: () => call<unknown>("/fleet/settings-schema"),
  artifacts: (slug: string) => call<Artifact[]>(`/reserves/${slug}/fleet/artifacts`),
  upload: (slug: string, file: File) =>
    call<Artifact>(`/reserves/${slug}/fleet/artifacts`, file, { patience: UPLOAD_PATIENCE }),
  rollouts: (slug: string) => call<RolloutSummary[]>(`/reserves/${slug}/rollouts`),
  rollout: (id: string) => call<Rollout>(`/rollouts/${id}`),
  plan: (slug: string, wanted: NewRollout) => call<RolloutPlan>(`/reserves/${slug}/rollouts/plan`, wanted),
  start: (slug: string, wanted: NewRollout) => call<Rollout>(`/reserves/${slug}/rollouts`, wanted),
  pause: (id: string) => call<Rollout>(`/rollouts/${id}/pause`, {}),
  resume: (id: string) => call<Rollout>(`/rollouts/${id}/resume`, {}),
  cancel: (id: string, take_back: boolean) => call<Rollout>(`/rollouts/${id}/cancel`, { take_back }),
  maintenance: (slug: string) => call<Maintenance>(`/reserves/${slug}/maintenance`),
  visited: (slug: string, id: string, deployment_id: string, note: string, reasons: MaintenanceItem["reason"][]) =>
    call<void>(`/reserves/${slug}/visits`, { id, deployment_id, done_at: new Date().toISOString(), note: note || null, reasons }),
  askLog: (node: string, bundle: boolean) => call<NodeLog>(`/nodes/${node}/logs`, { bundle, lines: 500 }),
  logs: (node: string) => call<NodeLog[]>(`/nodes/${node}/logs`),
  lines: (id: string) => call<LogLines>(`/node-logs/${id}/lines`),
};

export const logUrl = (id: string) => `/api/v1/node-logs/${id}/file`;
