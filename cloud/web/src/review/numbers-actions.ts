/** Reads the numbers beside the queue: for the picture on show, and again after every answer that has arrived and every
 * clock that was corrected. Gathered, never in the way of the keyboard, and not while there is no connection. */
import { api } from "../client";
import { gathered } from "../gathered";
import type { Failure, Store } from "../store";
import { trueTime } from "./clock";
import { compare, hasMoved, namesOf, numbersOf, spanAbout, subject, type Moved, type Numbers, type NumbersState, type Span } from "./numbers";
import { itemOf } from "./state";
import type { ReviewItem } from "../wire";

const WAIT = 700; // ms
const ASKED = 200; // species in one question
const SHOWN = 4; // that a change moved

/** A change whose effect is not known yet. */
interface Pending {
  readonly span: Span;
  readonly names: Set<string>;
  /** It may have moved any other species too. */
  wide: boolean;
  readonly before: Numbers | undefined;
}

export function createNumbersActions(store: Store, failureOf: (error: unknown) => Failure) {
  let read = new Map<string, Numbers>(); // by the span's beginning
  let pending: Pending | null = null;
  const review = () => store.state.review;
  const patch = (change: Partial<NumbersState>) =>
    store.set((state) => ({ review: { ...state.review, numbers: { ...state.review.numbers, ...change } } }));

  /** Another reserve, or the page anew. */
  function begin(open: boolean): void {
    [read, pending] = [new Map(), null];
    patch({ open });
  }

  function names(): string[] {
    const { filter, annotation } = review();
    return subject(filter.species, annotation?.labels ?? [], itemOf(review()));
  }

  function spanOf(item: ReviewItem | null): Span | null {
    return item && spanAbout(Date.parse(trueTime(item)), Date.now());
  }

  /** Another picture is on show, or another name stands on it. */
  function look(): void {
    const here = spanOf(itemOf(review()));
    if (!review().numbers.open || !here) return;
    const known = read.get(here.from) ?? null;
    if (known !== review().numbers.shown) patch({ shown: known });
    if (!known || (known.species && names().some((name) => !known.species![name]))) ask();
  }

  /** Something that counts was said of these species in a picture: what it did is asked for. */
  function answered(item: ReviewItem | null, about: readonly string[]): void {
    const here = spanOf(item);
    if (!review().numbers.open || !here) return read.clear(); // they are old by now
    note(here, about);
  }

  /** Another time counts for all that a camera saw: before and after are of the last days where those are known, else
   * of the days on show. The picture itself may have left them. */
  function moved(): void {
    const { open, shown } = review().numbers;
    const lately = spanAbout(Date.now(), Date.now());
    const of = read.has(lately.from) ? lately : shown?.span;
    if (open && of) note(of, names(), true);
    read.clear();
  }

  function note(here: Span, about: readonly string[], wide = false): void {
    if (pending?.span.from !== here.from) pending = { span: here, names: new Set(), wide, before: read.get(here.from) };
    for (const name of about) pending.names.add(name);
    pending.wide ||= wide;
    ask();
  }

  const ask = gathered(WAIT, run, (error) => {
    const failure = failureOf(error);
    patch({ reading: false, waiting: failure.status === 0, failure: failure.status === 0 ? null : failure });
  });

  async function run(): Promise<void> {
    const { numbers, sending } = review();
    const reserve = store.state.reserve?.slug;
    if (!numbers.open || store.state.page !== "review" || !reserve) return;
    if (!navigator.onLine || sending === "waiting") return patch({ waiting: true, reading: false });
    const [change, here] = [pending, spanOf(itemOf(review()))];
    const spans = new Map([change?.span, here].flatMap((one) => (one ? [[one.from, one] as const] : [])));
    patch({ reading: true, waiting: false, failure: null });
    pending = null;
    const fresh = new Map<string, Numbers>();
    try {
      const asked = new Set([...names(), ...(change?.names ?? []), ...namesOf(review().taxa)]);
      for (const one of spans.values()) {
        const counts = await api.counts(reserve, { area: null, ...one, taxa: [...asked].slice(0, ASKED) }, store.state.language);
        fresh.set(one.from, numbersOf(one, counts));
      }
    } catch (error) {
      pending ??= change; // and with the next reading what it did is told
      throw error;
    }
    if (store.state.reserve?.slug !== reserve) return;
    for (const [from, numbers] of fresh) read.set(from, numbers);
    const now = change && fresh.get(change.span.from);
    patch({
      reading: false, shown: (here && fresh.get(here.from)) ?? null,
      ...(now ? { last: { span: now.span, moved: effectOf(change, now) } } : {}),
    });
  }

  function effectOf({ names, wide, before }: Pending, now: Numbers): Moved[] {
    const others = wide ? Object.keys(now.species ?? {}).filter((name) => !names.has(name)) : [];
    return [...compare(names, before, now), ...compare(others, before, now).filter(hasMoved)].slice(0, SHOWN);
  }

  function toggle(): boolean {
    const open = !review().numbers.open;
    patch({ open });
    if (open) look();
    return open;
  }

  window.addEventListener("online", () => review().numbers.waiting && ask());
  return { begin, look, answered, moved, toggle, again: ask };
}
