/** What was opened on this phone stays readable without a link: the last incidents and their small pictures. Both are
 * bounded, and forgotten when the account signs out: what one may see must not stay for the next. */
import type { Incident } from "./wire";
import { incidentUrl } from "./cloud";

export const INCIDENTS = { name: "fieldwatch.incidents", most: 20 } as const;
export const PICTURES = { name: "fieldwatch.pictures", most: 80 } as const;
type Kept = typeof INCIDENTS | typeof PICTURES;

/** Over plain http a browser has no caches: then nothing is kept. */
const available = () => "caches" in globalThis;

export async function keep({ name, most }: Kept, url: string, response: Response): Promise<void> {
  if (!available()) return;
  const cache = await caches.open(name);
  await cache.delete(url); // so that it stands last, as the newest
  await cache.put(url, response);
  const known = await cache.keys();
  await Promise.all(known.slice(0, Math.max(0, known.length - most)).map((old) => cache.delete(old)));
}

export async function kept({ name }: Kept, url: string): Promise<Response | undefined> {
  return available() ? await (await caches.open(name)).match(url) : undefined;
}

export interface KeptIncident {
  incident: Incident;
  /** When the cloud said so, ms since 1970. */
  read: number;
}

export async function keepIncident(incident: Incident, read: number): Promise<void> {
  const headers = { "Content-Type": "application/json", "X-Read": String(read) };
  await keep(INCIDENTS, incidentUrl(incident.id), new Response(JSON.stringify(incident), { headers }));
}

export async function keptIncident(id: string): Promise<KeptIncident | null> {
  return await parsed(await kept(INCIDENTS, incidentUrl(id)));
}

export async function keptIncidents(): Promise<KeptIncident[]> {
  if (!available()) return [];
  const cache = await caches.open(INCIDENTS.name);
  const all = await Promise.all((await cache.keys()).map(async (request) => parsed(await cache.match(request))));
  return all.filter((one) => one !== null);
}

async function parsed(response: Response | undefined): Promise<KeptIncident | null> {
  if (!response) return null;
  return { incident: (await response.json()) as Incident, read: Number(response.headers.get("X-Read")) };
}

export async function forgetAll(): Promise<void> {
  if (available()) await Promise.all([INCIDENTS, PICTURES].map(({ name }) => caches.delete(name)));
}
