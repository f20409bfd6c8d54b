/** The calls of administration. */
import { call } from "../client";
import type { Account, Area, Reserve } from "../wire";
import type { EnrolmentCode, ReserveNodes } from "./nodes";
import type {
  AddedPerson, AdminLog, Basemap, Correction, DataSources, IssuedNode, LandKind, LoadedLayer, NewDeployment, NewPerson, Overlap, PasswordLink, Person,
  ReplayedAll, Retention, RetentionPreview, RetentionRule, Role, SavedZones, ZoneShape,
} from "./wire";

const change = <T>(method: "PUT" | "DELETE" | "PATCH", path: string, body?: unknown) => call<T>(path, body, { method });

export const adminApi = {
  changeReserve: (slug: string, body: { name?: string; name_zh?: string; timezone?: string; boundary?: Area }) =>
    change<Reserve>("PATCH", `/reserves/${slug}`, body),

  basemap: (slug: string) => call<Basemap>(`/reserves/${slug}/basemap`),
  putLayer: (slug: string, kind: LandKind, file: File) =>
    call<LoadedLayer>(`/reserves/${slug}/basemap/${kind}?${new URLSearchParams({ filename: file.name })}`, file, { method: "PUT", patience: 180_000 }),
  removeLayer: (slug: string, kind: LandKind) => change<void>("DELETE", `/reserves/${slug}/basemap/${kind}`),
  contours: (slug: string) => call<LoadedLayer>(`/reserves/${slug}/basemap/contours`, {}, { patience: 180_000 }),

  areas: (file: File) =>
    call<{ areas: { name: string | null; name_zh?: string | null; geometry: Area }[] }>(
      `/areas?${new URLSearchParams({ filename: file.name })}`, file,
    ).then((body) => body.areas),
  addZones: (slug: string, zones: readonly ZoneShape[]) => call<SavedZones>(`/reserves/${slug}/zones`, { zones }),
  putZone: (id: string, zone: ZoneShape) => change<SavedZones>("PUT", `/zones/${id}`, zone),
  deleteZone: (id: string) => change<void>("DELETE", `/zones/${id}`),
  overlaps: (slug: string) => call<Overlap[]>(`/reserves/${slug}/zone-overlaps`),

  addNode: (slug: string, node: { id: string; name: string }) => call<IssuedNode>(`/reserves/${slug}/nodes`, node),
  renewNode: (id: string) => call<{ mqtt_password: string }>(`/nodes/${id}/password`, {}),
  nodes: (slug: string) => call<ReserveNodes>(`/reserves/${slug}/nodes`),
  enrolNode: (slug: string, node: { id: string; name: string }) =>
    call<IssuedNode>(`/reserves/${slug}/nodes`, { ...node, log_in: "certificate" }),
  newCode: (id: string) => call<EnrolmentCode>(`/nodes/${id}/code`, {}),
  revokeNode: (id: string) => call<{ serials: string[] }>(`/nodes/${id}/revoke`, {}),
  addDeployment: (slug: string, camera: NewDeployment) => call<{ id: string }>(`/reserves/${slug}/deployments`, camera),
  correct: (id: string, body: Partial<Omit<Correction, "id">>) => change<Correction>("PATCH", `/deployments/${id}`, body),
  endDeployment: (slug: string, id: string) => call<unknown>(`/reserves/${slug}/deployments/${id}/end`, {}),

  people: (slug: string) => call<Person[]>(`/accounts?${new URLSearchParams({ reserve: slug })}`),
  addPerson: (person: NewPerson) => call<AddedPerson>("/accounts", person),
  changePerson: (id: string, body: { name?: string; language?: string; disabled?: boolean }) =>
    change<Person>("PATCH", `/accounts/${id}`, body),
  setRoles: (id: string, reserve: string | null, roles: readonly Role[]) =>
    change<Person>("PUT", `/accounts/${id}/memberships`, { reserve, roles }),
  newLink: (id: string, tokens_too: boolean) => call<PasswordLink>(`/accounts/${id}/password`, { tokens_too }),

  changeMe: (body: { name?: string; language?: string }) => change<Account>("PATCH", "/me", body),
  changePassword: (old: string, fresh: string) => call<void>("/me/password", { old, new: fresh }),

  retention: (slug: string) => call<Retention>(`/reserves/${slug}/retention`),
  putRetention: (slug: string, rules: readonly RetentionRule[]) =>
    change<Retention>("PUT", `/reserves/${slug}/retention`, { rules }),
  preview: (slug: string, rules: readonly RetentionRule[]) =>
    call<RetentionPreview[]>(`/reserves/${slug}/retention/preview`, { rules }),

  sources: (slug: string) => call<DataSources>(`/reserves/${slug}/data-sources`),
  replay: (slug: string) => call<ReplayedAll>(`/reserves/${slug}/quarantine/replay`, {}),
  log: (slug: string, query: Record<string, string> = {}) =>
    call<AdminLog>(`/reserves/${slug}/admin-log?${new URLSearchParams(query)}`),
};
