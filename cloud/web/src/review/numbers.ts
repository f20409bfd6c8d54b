/** What an answer or a corrected clock does to a reserve's numbers: which species, over which days, before and after.
 * Pure. Where nobody looked there is no number, and so nothing that could have moved. */
import type { Failure } from "../store";
import type { Counts, Label, Rate, ReviewItem, SpeciesCount } from "../wire";

const DAY = 86_400_000;
const HOUR = 3_600_000;
export const DAYS = 30;
const AT_ONCE = 3; // species of one picture that are shown

/** Instants, ISO 8601 UTC; `to` is excluded. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

export interface Figures {
  readonly events: number;
  /** Per 100 camera-days, with its interval. */
  readonly rate: Rate;
  /** Of the observations that count, those that a person has confirmed or corrected, 0 to 1; null: there are none. */
  readonly confirmed: number | null;
}

/** What was answered for one span. */
export interface Numbers {
  readonly span: Span;
  readonly cameraDays: number;
  /** By scientific name; null: no camera looked. */
  readonly species: Readonly<Record<string, Figures>> | null;
}

export interface Moved {
  readonly name: string;
  readonly before: Figures;
  readonly now: Figures;
}

export interface NumbersState {
  readonly open: boolean;
  /** For the picture on show; null: not read yet. */
  readonly shown: Numbers | null;
  /** What the last change did, until the next. */
  readonly last: { readonly span: Span; readonly moved: readonly Moved[] } | null;
  readonly reading: boolean;
  /** There is no connection: they are read when it is back. */
  readonly waiting: boolean;
  readonly failure: Failure | null;
}

export const NO_NUMBERS: NumbersState = {
  open: false, shown: null, last: null, reading: false, waiting: false, failure: null,
};

/** The thirty days before `now` in which `at` lies, or those before them, and so on: every picture of one span is
 * counted with the same numbers. Both in ms. */
export function spanAbout(at: number, now: number): Span {
  const to = Math.ceil(now / HOUR) * HOUR; // the same question within one hour is the same question
  const back = Math.max(0, Math.ceil((to - at) / (DAYS * DAY)) - 1);
  const end = to - back * DAYS * DAY;
  return { from: new Date(end - DAYS * DAY).toISOString(), to: new Date(end).toISOString() };
}

/** The species that a picture is about: the filter's, else what stands on it, labelled or proposed. */
export function subject(filter: string | null, labels: readonly Label[], item: ReviewItem | null): string[] {
  if (filter) return [filter];
  return namesOf([...labels, ...(item?.labels ? [] : (item?.proposals ?? []))]).slice(0, AT_ONCE);
}

export function namesOf(named: readonly Pick<Label, "scientific_name" | "kind">[]): string[] {
  return [...new Set(named.flatMap((one) => (one.kind === "animal" ? (one.scientific_name ?? []) : [])))];
}

export function numbersOf(span: Span, counts: Pick<Counts, "status" | "species" | "effort">): Numbers {
  const seen = counts.status === "not_observed" ? null : counts.species;
  const named = (seen ?? []).flatMap((one) => (one.scientific_name ? [[one.scientific_name, figuresOf(one)] as const] : []));
  return { span, cameraDays: counts.effort.camera_days, species: seen && Object.fromEntries(named) };
}

function figuresOf(one: SpeciesCount): Figures {
  return {
    events: one.events, rate: one.rate_per_100_camera_days,
    confirmed: one.observations > 0 ? one.labelled / one.observations : null,
  };
}

/** Of `names`, those that both answers have: what changed, and what did not although somebody said something. */
export function compare(names: Iterable<string>, before: Numbers | undefined, now: Numbers): Moved[] {
  return [...names].flatMap((name) => {
    const [was, is] = [before?.species?.[name], now.species?.[name]];
    return was && is ? [{ name, before: was, now: is }] : [];
  });
}

export function hasMoved({ before, now }: Moved): boolean {
  return before.events !== now.events || before.rate.estimate !== now.rate.estimate || before.confirmed !== now.confirmed;
}
