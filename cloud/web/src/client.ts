/** The cloud's HTTP API. Every call throws `ApiError`; one that finds the session ended calls `onExpired` first. */
import type {
  Account, Corrections, Counts, CountsQuery, Deployments, Imported, Incident, IncidentSummary, Label, LabelRevision, Observation,
  Reserve, ReviewDetail, ReviewItems, ReviewProgress, Taxon, Zones,
} from "./wire";

const BASE = "/api/v1";
const PATIENCE = 60_000; // ms; a server that never answers must not hold up every later reading

export class ApiError extends Error {
  /** @param status HTTP status, 0 where the server did not answer.
   * @param problem the whole RFC 9457 problem, where there is one. */
  constructor(readonly status: number, detail: string, readonly problem: unknown = null) {
    super(detail);
  }
}

let onExpired: () => void = () => {};

export function whenExpired(callback: () => void): void {
  onExpired = callback;
}

export const api = {
  login: (email: string, password: string) =>
    call<{ account: Account }>("/login", { email, password }, { quiet401: true }).then((body) => body.account),
  me: (options: CallOptions = {}) => call<Account>("/me", undefined, options),
  reserves: (options: CallOptions = {}) => call<Reserve[]>("/reserves", undefined, options),
  zones: (slug: string) => call<Zones>(`/reserves/${slug}/zones`),
  deployments: (slug: string) => call<Deployments>(`/reserves/${slug}/deployments`),
  observations: (slug: string, limit: number) =>
    call<{ items: Observation[] }>(`/reserves/${slug}/observations?limit=${limit}`).then((page) => page.items),
  /** `language`: of its verdict, which the cloud says. */
  counts: (slug: string, query: CountsQuery, language: "en" | "zh") => call<Counts>(`/reserves/${slug}/counts?language=${language}`, query),
  incidents: (slug: string) =>
    call<{ items: IncidentSummary[] }>(`/reserves/${slug}/incidents`).then((page) => page.items),
  incident: (id: string) => call<Incident>(`/incidents/${id}`),

  review: (slug: string, query: URLSearchParams) => call<ReviewItems>(`/reserves/${slug}/review?${query}`),
  reviewProgress: (slug: string, query: URLSearchParams) =>
    call<ReviewProgress>(`/reserves/${slug}/review/progress?${query}`),
  reviewOf: (mediaId: string) => call<ReviewDetail>(`/media/${mediaId}/review`),
  label: (mediaId: string, based_on: number, labels: readonly Label[]) =>
    call<LabelRevision>(`/media/${mediaId}/labels`, { based_on, labels }, { method: "PUT" }),
  clockCorrections: (deployment: string) => call<Corrections>(`/deployments/${deployment}/clock-corrections`),
  correctClock: (deployment: string, correction: { id: string; offset_s: number; note: string | null }) =>
    call<Corrections>(`/deployments/${deployment}/clock-corrections`, correction),
  undoClock: (deployment: string) =>
    call<Corrections>(`/deployments/${deployment}/clock-corrections/current`, undefined, { method: "DELETE" }),
  taxa: (slug: string) => call<{ items: Taxon[] }>(`/reserves/${slug}/taxa`).then((body) => body.items),
  importLabels: (slug: string, content: unknown, confirm: boolean) =>
    call<Imported>(`/reserves/${slug}/labels/import?confirm=${confirm}`, content),
};

export const exportUrl = (slug: string, query: URLSearchParams) => `${BASE}/reserves/${slug}/labels/export?${query}`;

export const streamUrl = (slug: string) => `${BASE}/reserves/${slug}/stream`;
export const mediaUrl = (id: string, attempt = 0) => `${BASE}/media/${id}${attempt ? `?attempt=${attempt}` : ""}`;

interface CallOptions {
  /** A 401 is an answer here (a wrong password, a first visit), not the end of a session. */
  quiet401?: boolean;
  /** GET without a body and POST with one, unless this says otherwise. */
  method?: "PUT" | "DELETE" | "PATCH";
  /** How long to wait for the answer, ms. */
  patience?: number;
}

/** `body`: what becomes JSON, or a file that is sent as it is. */
export async function call<T>(path: string, body?: unknown, options: CallOptions = {}): Promise<T> {
  let response: Response;
  const file = body instanceof Blob;
  const type = file ? "application/octet-stream" : "application/json";
  try {
    response = await fetch(BASE + path, {
      method: options.method ?? (body === undefined ? "GET" : "POST"),
      credentials: "same-origin",
      signal: AbortSignal.timeout(options.patience ?? PATIENCE),
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": type }) },
      ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "no answer");
  }
  if (response.status === 401 && !options.quiet401) onExpired();
  if (!response.ok) throw await problem(response);
  if (response.status === 204) return undefined as T;
  return (await response.json().catch(() => Promise.reject(new ApiError(0, "the answer broke off")))) as T;
}

/** With the words of an RFC 9457 problem, else the status line. */
async function problem(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  try {
    const body = (await response.json()) as { detail?: unknown; title?: unknown };
    const words = [body.detail, body.title].find((one) => typeof one === "string");
    if (words !== undefined) return new ApiError(status, words as string, body);
  } catch {
    // not JSON: a proxy's error page
  }
  return new ApiError(status, `${status} ${statusText}`.trim());
}
