/** The calls of the research page. */
import { call } from "../client";
import type { Language } from "../i18n";
import type { Cells, Step } from "./address";
import type {
  Citation, Comparison, Counted, CountsQuestion, Dataset, EffortCalendar, Estimated, ExportQuestion, Grid, Imported, IssuedToken, Method, Sensitive, Series,
  Token, Traced, UploadedArea,
} from "./wire";

const PATIENT = { patience: 300_000 }; // ms: models with bootstraps, and large files

export const researchApi = {
  counts: (slug: string, question: CountsQuestion, language: Language) =>
    call<Counted>(`/reserves/${slug}/counts?language=${language}`, question),
  series: (slug: string, question: CountsQuestion, by: Step, language: Language) =>
    call<Series>(`/reserves/${slug}/counts/series?language=${language}`, { ...question, by }),
  /** Of one species, or of all animals together. */
  grid: (slug: string, { taxa, ...question }: CountsQuestion, { kind, size }: Cells, language: Language) =>
    call<Grid>(`/reserves/${slug}/counts/grid?language=${language}`, {
      ...question, taxon: taxa?.[0] ?? null, cells: kind === "h3" ? { kind, resolution: size } : { kind, size_m: size },
    }),
  compare: (slug: string, a: CountsQuestion, b: CountsQuestion, language: Language) =>
    call<Comparison>(`/reserves/${slug}/counts/compare?language=${language}`, { a, b }),
  effort: (slug: string, { from, to }: CountsQuestion) =>
    call<EffortCalendar>(`/reserves/${slug}/effort?${new URLSearchParams({ from, to })}`),
  trace: (slug: string, { taxa: _, ...question }: CountsQuestion, taxon: string, cursor: string | null) =>
    call<Traced>(`/reserves/${slug}/counts/trace?${new URLSearchParams({ limit: "24", ...(cursor ? { cursor } : {}) })}`, { ...question, taxon }),

  areas: (file: File) =>
    call<{ areas: UploadedArea[] }>(`/areas?${new URLSearchParams({ filename: file.name })}`, file).then((body) => body.areas),

  methods: () => call<Method[]>("/estimates/methods"),
  estimate: (slug: string, question: object, language: Language) =>
    call<Estimated>(`/reserves/${slug}/estimates?language=${language}`, question, PATIENT),

  citation: (slug: string, question: ExportQuestion) => call<Citation>(`/reserves/${slug}/citation`, question),
  datasets: (slug: string) => call<Dataset[]>(`/reserves/${slug}/datasets`),
  importDataset: (slug: string, file: File) => call<Imported>(`/reserves/${slug}/datasets`, file, PATIENT),
  removeDataset: (id: string) => call<void>(`/datasets/${id}`, undefined, { method: "DELETE" }),
  sensitive: (slug: string) => call<Sensitive[]>(`/reserves/${slug}/sensitive-species`),
  putSensitive: (slug: string, list: readonly Sensitive[]) =>
    call<Sensitive[]>(`/reserves/${slug}/sensitive-species`, list, { method: "PUT" }),
  tokens: () => call<Token[]>("/tokens"),
  issueToken: (name: string) => call<IssuedToken>("/tokens", { name }),
  revokeToken: (id: string) => call<void>(`/tokens/${id}`, undefined, { method: "DELETE" }),
};

export const datasetUrl = (id: string) => `/api/v1/datasets/${id}/export`;
