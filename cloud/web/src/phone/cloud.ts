/** The calls to the cloud that page and service worker have in common. */
import { ApiError } from "../client";
import type { Incident } from "./wire";
import type { Entry, Receipt, Refusal } from "./outbox";

const BASE = "/api/v1";
const PATIENCE = 25_000; // ms: a bad link is slow, but one that gives nothing for this long is dead

export const incidentUrl = (id: string) => `${BASE}/incidents/${id}`;
export const pictureUrl = (mediaId: string, width = 480) => `${BASE}/media/${mediaId}?width=${width}`;
export const fieldPictureUrl = (incident: string, id: string) => `${incidentUrl(incident)}/pictures/${id}`;

// Goes along with `done_at` and `taken_at`: tells the cloud how wrong this phone's clock is.
const now = () => new Date().toISOString();

/** Answers 2xx, or throws `ApiError` (status 0: nothing came). */
export async function ask(method: string, path: string, body?: unknown, mime?: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path.startsWith("/") ? path : `${BASE}/${path}`, {
      method,
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE),
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": mime ?? "application/json" }) },
      ...(body === undefined ? {} : { body: mime ? (body as BodyInit) : JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "no answer");
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => null)) as { detail?: unknown; title?: unknown } | null;
  const words = [problem?.detail, problem?.title].find((one) => typeof one === "string");
  throw new ApiError(response.status, (words as string | undefined) ?? String(response.status), problem);
}

/** The incident as the cloud has it after `entry` (a picture's answer does not tell: null). */
export async function send(entry: Entry): Promise<Incident | null> {
  const { id, work, incident, done_at } = entry;
  if (work.kind === "action") {
    const { kind: _, ...said } = work;
    const response = await ask("POST", `${incidentUrl(incident)}/actions`, { id, done_at, sent_at: now(), ...said });
    return (await response.json()) as Incident;
  }
  const query = new URLSearchParams({ taken_at: done_at, sent_at: now() });
  if (work.note) query.set("note", work.note);
  if (work.at) {
    query.set("lon", work.at[0].toFixed(6));
    query.set("lat", work.at[1].toFixed(6));
  }
  await ask("PUT", `${fieldPictureUrl(incident, id)}?${query}`, work.jpeg, "image/jpeg");
  return null;
}

export async function sendReceipt({ delivery, ...receipt }: Receipt): Promise<void> {
  await ask("POST", `deliveries/${delivery}/receipts`, receipt);
}

/** Whether the same request may succeed later: the link, the server or the session is at fault, not what was said. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return [0, 401, 408, 425, 429].includes(error.status) || error.status >= 500;
}

export function refusalOf(error: ApiError): Refusal {
  const problem = error.problem as Partial<Pick<Refusal, "state" | "may">> | null;
  return { status: error.status, detail: error.message, state: problem?.state ?? null, may: problem?.may ?? [] };
}
