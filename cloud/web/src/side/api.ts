/** The calls of the pages beside the map. */
import type { PowerHistory, Readings, SensorStations } from "../camera/power";
import type { LineReport } from "../camera/line";
import { ApiError, call, mediaUrl } from "../client";
import type { EffortCalendar } from "../research/wire";
import type { BestPicture, LatestPicture, Observations, Overview, Overviews, SpeciesSeen } from "./wire";

export const sideApi = {
  overview: (slug: string) => call<Overview>(`/reserves/${slug}/overview`),
  overviews: () => call<Overviews>("/overview"),
  species: (slug: string) => call<SpeciesSeen[]>(`/reserves/${slug}/species`),
  pictures: (slug: string, name: string, limit = 12) =>
    call<BestPicture[]>(`/reserves/${slug}/species/${encodeURIComponent(name)}/pictures?limit=${limit}`),
  /** null: it has sent none yet. */
  latest: (deployment: string) =>
    call<LatestPicture>(`/deployments/${deployment}/latest-picture`).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }),
  seenAt: (slug: string, deployment: string, limit: number) =>
    call<Observations>(`/reserves/${slug}/observations?${new URLSearchParams({ deployment, limit: String(limit) })}`),
  effortOf: (slug: string, deployment: string, from: string, to: string) =>
    call<EffortCalendar>(`/reserves/${slug}/effort?${new URLSearchParams({ deployment, from, to })}`),
  line: (deployment: string) => call<LineReport>(`/deployments/${deployment}/line`),
  power: (deployment: string) => call<PowerHistory>(`/deployments/${deployment}/power?days=30`),
  sensors: (slug: string) => call<SensorStations>(`/reserves/${slug}/sensors`),
  readings: (node: string, quantity: string, from: string, to: string) =>
    call<Readings>(`/nodes/${encodeURIComponent(node)}/readings?${new URLSearchParams({ quantity, from, to })}`),
};

/** A picture at least so many pixels wide, unless it is smaller itself. */
export const smallUrl = (id: string, width: 320 | 640 | 1280) => `${mediaUrl(id)}?width=${width}`;
