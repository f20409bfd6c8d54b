/** The review page's part of the app's one state, and pure questions about it. */
import type { Failure } from "../store";
import type { Key } from "../i18n";
import type {
  Account, Imported, LabelRevision, ReviewDetail, ReviewItem, ReviewProgress, Taxon,
} from "../wire";
import type { Annotation } from "./annotation";
import type { ClockFix } from "./clock";
import type { Box, Size, Viewport } from "./geometry";
import type { Slot } from "./names";
import { NO_NUMBERS, type NumbersState } from "./numbers";
import { NO_FILTER, type ReviewFilter } from "./route";
import type { Unsent } from "./unsent";

export interface Notice {
  readonly key: Key;
  readonly values?: Readonly<Record<string, string | number>>;
}

export interface ReviewState {
  filter: ReviewFilter;
  /** Whose picture is on show; null: none yet. */
  picture: string | null;
  items: readonly ReviewItem[];
  cursor: string | null;
  /** Only what was taken before is listed; null: everything is. */
  until: string | null;
  /** Since when the listed pictures were weighed, where there were too many for all; null: all were. */
  weighedFrom: string | null;
  loading: boolean;
  failure: Failure | null;
  progress: ReviewProgress | null;
  taxa: readonly Taxon[];
  /** Who said what about the picture on show; null while nobody has, or it was not read yet. */
  detail: ReviewDetail | null;

  annotation: Annotation | null;
  basedOn: number;
  /** A box while it is drawn (index null), moved or resized. */
  preview: { index: number | null; box: Box } | null;
  /** null: the whole picture. */
  viewport: Viewport | null;
  stage: Size;
  /** The next press on the picture begins a new box, also with a finger. */
  drawing: boolean;
  boxesHidden: boolean;
  picker: { query: string; active: number } | null;
  help: boolean;
  queueOpen: boolean;
  slots: readonly Slot[];
  notice: Notice | null;

  unsent: readonly Unsent[];
  sending: "idle" | "sending" | "waiting";
  /** Whether this browser keeps what is unsent over a reload. */
  keeps: boolean;
  /** By picture: what the cloud would not take, and why. */
  refused: Readonly<Record<string, Failure>>;
  /** By picture: what somebody else said meanwhile. */
  conflicts: Readonly<Record<string, LabelRevision>>;
  comparing: string | null;
  /** Said in this sitting, in order: the way back. */
  said: readonly string[];
  files: { open: boolean; busy: boolean; report: Imported | null; failure: Failure | "unreadable" | null };
  /** The dialog that corrects a camera's clock; null: it is closed. */
  clock: ClockFix | null;
  /** What answers do to the reserve's numbers. */
  numbers: NumbersState;
}

export function emptyReview(filter: ReviewFilter = NO_FILTER, picture: string | null = null): ReviewState {
  return {
    filter, picture, items: [], cursor: null, until: null, weighedFrom: null, loading: false, failure: null,
    progress: null, taxa: [], detail: null,
    annotation: null, basedOn: 0, preview: null, viewport: null, stage: { width: 0, height: 0 }, drawing: false,
    boxesHidden: false, picker: null, help: false, queueOpen: false, slots: [], notice: null,
    unsent: [], sending: "idle", keeps: true, refused: {}, conflicts: {}, comparing: null, said: [],
    files: { open: false, busy: false, report: null, failure: null }, clock: null, numbers: NO_NUMBERS,
  };
}

const LABELLERS = ["admin", "manager", "researcher"];

/** Whether the account may say what a picture of the reserve shows. The cloud checks it too. */
export function mayLabel(account: Account | null, reserve: string | undefined): boolean {
  return (account?.memberships ?? []).some(
    (one) => (one.reserve === null || one.reserve === reserve) && LABELLERS.includes(one.role),
  );
}

export function itemOf(review: ReviewState, id = review.picture): ReviewItem | null {
  return review.items.find((one) => one.media_id === id) ?? null;
}

/** A person has said something, sent or not. */
export function isReviewed(review: Pick<ReviewState, "unsent">, item: ReviewItem): boolean {
  return item.labels !== null || review.unsent.some((one) => one.media_id === item.media_id);
}

/** What stands in the list as the person knows it: with what was said here and is not sent yet. */
export function withUnsent(items: readonly ReviewItem[], unsent: readonly Unsent[]): ReviewItem[] {
  const said = new Map(unsent.map((one) => [one.media_id, one]));
  return items.map((one) => {
    const mine = said.get(one.media_id);
    return mine ? { ...one, labels: [...mine.labels] } : one;
  });
}

/** Old and new pages together, each picture once, where it stood first: nothing jumps while somebody works. */
export function joined(known: readonly ReviewItem[], more: readonly ReviewItem[]): ReviewItem[] {
  const ids = new Set(known.map((one) => one.media_id));
  return [...known, ...more.filter((one) => !ids.has(one.media_id))];
}

/** The picture to look at after `id`: the next that nobody has reviewed, from the start where none comes after it. */
export function nextWaiting(review: Pick<ReviewState, "items" | "unsent">, id: string | null): ReviewItem | null {
  const at = review.items.findIndex((one) => one.media_id === id);
  const ahead = [...review.items.slice(at + 1), ...review.items.slice(0, at + 1)];
  return ahead.find((one) => one.media_id !== id && !isReviewed(review, one)) ?? null;
}

/** How far one has come within the filter. What is not sent counts where the list shows it. */
export function progressOf({ progress, filter }: ReviewState): { reviewed: number; all: number } | null {
  if (!progress) return null;
  const { waiting, reviewed } = progress.by_reason.find((one) => one.reason === filter.reason) ?? progress;
  return { reviewed, all: reviewed + waiting };
}

/** The progress after one more picture was reviewed, until the cloud says it better. */
export function oneMore(progress: ReviewProgress | null, item: ReviewItem): ReviewProgress | null {
  if (!progress || item.labels !== null) return progress;
  const step = <T extends { waiting: number; reviewed: number }>(tally: T): T =>
    ({ ...tally, waiting: Math.max(0, tally.waiting - 1), reviewed: tally.reviewed + 1 });
  const stepped = item.reasons.length > 0 ? step(progress) : { ...progress, reviewed: progress.reviewed + 1 };
  return {
    ...stepped,
    by_reason: progress.by_reason.map((one) => (item.reasons.includes(one.reason) ? step(one) : one)),
  };
}
