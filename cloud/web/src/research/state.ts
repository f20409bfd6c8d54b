/** The research page's part of the app's one state, and pure questions about it. */
import type { Key } from "../i18n";
import type { Failure } from "../store";
import type { Account, Area, Taxon } from "../wire";
import { RESEARCH_START, type ResearchRoute } from "./address";
import type { Missing } from "./question";
import type {
  Citation, Comparison, Counted, CountsQuestion, Dataset, EffortCalendar, Estimated, Grid, Imported, IssuedToken, Method, Sensitive, Series,
  Token, TracedEvent, UploadedArea,
} from "./wire";

/** Which of two areas is meant: that of the question, or the one that it is compared with. */
export type Side = "question" | "against";

/** What came back, with the question that it answers. */
export interface Answer<T> {
  readonly asked: CountsQuestion;
  readonly value: T;
}

export interface Said {
  readonly key: Key;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** The pictures behind a number, event by event. */
export interface Trace {
  readonly asked: CountsQuestion;
  readonly taxon: string;
  readonly items: readonly TracedEvent[];
  readonly cursor: string | null;
  readonly busy: boolean;
  readonly failure: Failure | null;
}

export interface EstimateDesk {
  /** The second taxon, where the method compares two. */
  readonly other: string | null;
  /** What was filled in, by method and option; what is absent has the method's default. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly busy: boolean;
  readonly failure: Failure | "taxon" | "options" | null;
  readonly answer: { readonly method: string; readonly asked: CountsQuestion; readonly value: Estimated } | null;
}

export interface Files {
  readonly citation: (Citation & { readonly asked: string }) | null;
  readonly saving: string | null;
  readonly datasets: readonly Dataset[] | null;
  readonly importing: boolean;
  readonly imported: Imported | null;
  readonly sensitive: readonly Sensitive[] | null;
  /** The list while it is changed. */
  readonly draft: readonly Sensitive[] | null;
  /** The account's own, for QGIS and scripts. */
  readonly tokens: readonly Token[] | null;
  /** The one that was just made: its secret is shown this once. */
  readonly issued: IssuedToken | null;
  /** The data set or token of which somebody is to say once more that it shall go. */
  readonly removing: string | null;
}

export interface ResearchState {
  route: ResearchRoute;
  /** Zones and cameras are known, so that questions can be asked. */
  ready: boolean;
  busy: boolean;
  failure: Failure | Missing | null;
  said: Said | null;
  taxa: readonly Taxon[];

  counted: Answer<Counted> | null;
  series: Answer<Series> | null;
  grid: Answer<Grid> | null;
  comparison: (Answer<Comparison> & { readonly against: CountsQuestion }) | null;
  effort: Answer<EffortCalendar> | null;
  trace: Trace | null;
  /** The grid's cell that is looked at. */
  cell: string | null;
  /** The species whose series is on show; null: the one most often seen. */
  shown: string | null;

  methods: readonly Method[] | null;
  estimate: EstimateDesk;
  files: Files;

  /** The species field while somebody types. */
  typing: { readonly query: string; readonly active: number; readonly open: boolean };
  /** For which side an area is drawn, or chosen from a file's. */
  placing: Side;
  upload: { readonly side: Side; readonly file: string; readonly areas: readonly UploadedArea[] } | null;
  /** On a narrow screen. */
  formOpen: boolean;
}

export function emptyResearch(route: ResearchRoute = RESEARCH_START): ResearchState {
  return {
    route, ready: false, busy: false, failure: null, said: null, taxa: [],
    counted: null, series: null, grid: null, comparison: null, effort: null, trace: null, cell: null, shown: null,
    methods: null, estimate: { other: null, options: {}, busy: false, failure: null, answer: null },
    files: {
      citation: null, saving: null, datasets: null, importing: false, imported: null, sensitive: null, draft: null,
      tokens: null, issued: null, removing: null,
    },
    typing: { query: "", active: 0, open: false }, placing: "question", upload: null, formOpen: false,
  };
}

/** Whether the account may bring in data sets of others. The cloud checks it too. */
export function mayImport(account: Account | null, reserve: string | undefined): boolean {
  return hasRole(account, reserve, ["admin", "manager", "researcher"]);
}

/** The polygon that was drawn or uploaded, for the map. */
export function shapeOf(shape: Area | null | string): Area | null {
  return typeof shape === "string" ? null : shape;
}

function hasRole(account: Account | null, reserve: string | undefined, roles: readonly string[]): boolean {
  return (account?.memberships ?? []).some(
    (one) => (one.reserve === null || one.reserve === reserve) && roles.includes(one.role),
  );
}
