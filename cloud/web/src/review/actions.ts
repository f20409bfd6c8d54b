/** What the review page does: it reads the list, opens a picture, notes what a person says and has it sent. */
import { api, ApiError } from "../client";
import { gathered } from "../gathered";
import { pageOf } from "../route";
import type { Failure, Store } from "../store";
import type { Imported, Label, LabelRevision, ReviewItem } from "../wire";
import * as edit from "./annotation";
import { createClockActions } from "./clock-actions";
import type { Annotation, Name } from "./annotation";
import { seeded, use, type Slot } from "./names";
import { namesOf } from "./numbers";
import { createNumbersActions } from "./numbers-actions";
import { NO_FILTER, readRoute, tidy, writeRoute, type ReviewFilter, type Route } from "./route";
import { createSender, type Sender } from "./sender";
import {
  emptyReview, itemOf, joined, mayLabel, nextWaiting, oneMore, withUnsent, type Notice, type ReviewState,
} from "./state";
import { createShelf, type Shelf, type Unsent } from "./unsent";

const PAGE = 60;
const ROOM = "(min-width: 1181px)"; // for the numbers beside the list, as long as nobody has said otherwise
const AHEAD = 2; // pictures loaded before they are asked for

export type ReviewActions = ReturnType<typeof createReviewActions>;

export function createReviewActions(store: Store, failureOf: (error: unknown) => Failure) {
  let shelf: Shelf | null = null;
  let sender: Sender | null = null;
  let listNumber = 0;
  const images = new Map<string, HTMLImageElement>();

  const review = () => store.state.review;
  const slug = () => store.state.reserve?.slug ?? "";
  const patch = (change: Partial<ReviewState>) => store.set((state) => ({ review: { ...state.review, ...change } }));
  const say = (notice: Notice | null) => patch({ notice });
  const may = () => mayLabel(store.state.account, store.state.reserve?.slug);
  /** By picture that was answered: the species that stood on it before. */
  const namedBefore = new Map<string, string[]>();
  const numbers = createNumbersActions(store, failureOf);
  const clock = createClockActions({ store, failureOf, patch, corrected: numbers.moved });

  // Where one is --------------------------------------------------------------------------------------

  function writeAddress(push: boolean): void {
    const page = store.state.page === "review" ? "review" : "map";
    const hash = writeRoute({ page, picture: review().picture, filter: review().filter });
    if (hash === (location.hash || "#")) return;
    const address = location.pathname + location.search + (hash === "#" ? "" : hash);
    if (push) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  /** The address was changed from outside: a link, the browser's back button. */
  function follow(route: Route): void {
    const samePlace = JSON.stringify(route.filter) === JSON.stringify(review().filter);
    store.set({ page: route.page });
    if (route.page !== "review" || !store.state.reserve) return;
    if (samePlace && review().items.length > 0) void (route.picture ? look(route.picture) : undefined);
    else void list(route.filter, route.picture);
  }

  function open(): void {
    store.set({ page: "review" });
    writeAddress(true);
    void list(review().filter, review().picture);
  }

  function leave(): void {
    store.set({ page: "map" });
    writeAddress(true);
  }

  /** For the reserve that was just opened; what waits from before is sent whichever page is on show.
   * `switched`: from another reserve, whose pictures and cameras the address still names. */
  function enter(switched: boolean): void {
    const route = switched ? { page: store.state.page, picture: null, filter: NO_FILTER } : readRoute(location.hash);
    sender?.close();
    store.set({ page: pageOf(location.hash), review: emptyReview(route.filter, route.picture) });
    if (store.state.page === "review") writeAddress(false); // the map's own address is read by map/actions
    const { account } = store.state;
    if (!account) return;
    shelf = createShelf(account.id);
    sender = createSender(shelf, {
      changed: (unsent, sending) => patch({ unsent: unsent.filter((one) => one.reserve === slug()), sending }),
      stored, conflict,
      refused: (one, failure) => patch({ refused: { ...review().refused, [one.media_id]: failure } }),
    });
    patch({ slots: shelf.read<Slot[]>("slots") ?? [] });
    numbers.begin(shelf.read<boolean>("numbers") ?? matchMedia(ROOM).matches);
    sender.send();
    if (route.page === "review") void list(route.filter, route.picture);
  }

  function close(): void {
    sender?.close();
    sender = null;
  }

  // The list ------------------------------------------------------------------------------------------

  async function list(filter: ReviewFilter, picture: string | null = null): Promise<void> {
    const number = ++listNumber;
    patch({ filter, picture, items: [], cursor: null, until: null, weighedFrom: null, loading: true, failure: null, annotation: null, detail: null });
    writeAddress(false);
    try {
      const [page, wanted] = await Promise.all([
        api.review(slug(), query(filter)), picture ? single(picture) : null, readProgress(), readTaxa(),
      ]);
      if (number !== listNumber) return;
      const listed = page.items.some((one) => one.media_id === picture);
      const items = listed || !wanted ? page.items : joined([wanted], page.items);
      patch({
        items: withUnsent(items, review().unsent), cursor: page.next_cursor, weighedFrom: page.weighed_from, loading: false,
      });
      const first = itemOf(review(), picture) ?? nextWaiting(review(), null) ?? review().items[0];
      if (first) await look(first.media_id);
      else patch({ picture: null });
    } catch (error) {
      if (number === listNumber) patch({ loading: false, failure: failureOf(error) });
    }
    writeAddress(false);
  }

  /** A picture that the list may not hold; null where it cannot be read. */
  async function single(id: string): Promise<ReviewItem | null> {
    return api.reviewOf(id).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    });
  }

  async function more(): Promise<void> {
    const { cursor, loading, filter, weighedFrom } = review();
    if (!(cursor || weighedFrom) || loading) return;
    // At the end of the newest pictures, those before them.
    const until = cursor ? review().until : weighedFrom;
    const number = listNumber;
    patch({ loading: true });
    try {
      const page = await api.review(slug(), query(filter, cursor, until));
      if (number !== listNumber) return;
      const items = withUnsent(joined(review().items, page.items), review().unsent);
      patch({ items, cursor: page.next_cursor, until, weighedFrom: page.weighed_from, loading: false });
    } catch (error) {
      if (number === listNumber) patch({ loading: false, failure: failureOf(error) });
    }
  }

  async function readProgress(): Promise<void> {
    const [reserve, { filter }] = [slug(), review()];
    const progress = await api.reviewProgress(reserve, places(filter));
    if (reserve === slug() && filter === review().filter) patch({ progress });
  }

  async function readTaxa(): Promise<void> {
    const reserve = slug();
    const taxa = await api.taxa(reserve);
    if (reserve === slug()) patch({ taxa, slots: seeded(review().slots, taxa) });
  }

  const progressAgain = gathered(1500, readProgress, failureOf);

  function setFilter(change: Partial<ReviewFilter>): void {
    void list(tidy({ ...review().filter, ...change }));
  }

  // One picture ---------------------------------------------------------------------------------------

  async function look(id: string): Promise<void> {
    const item = itemOf(review(), id);
    if (!item) return void list(review().filter, id);
    const opened = edit.openedWith(item);
    const draft = may() ? (shelf?.draft(id) ?? null) : null;
    const waiting = review().unsent.find((one) => one.media_id === id);
    patch({
      picture: id, annotation: edit.begin(opened, draft?.labels), basedOn: draft?.based_on ?? waiting?.based_on ?? item.revision,
      preview: null, viewport: null, drawing: false, picker: null, detail: null, queueOpen: false,
      notice: draft ? { key: "review.notice.draft" } : null,
    });
    writeAddress(false);
    numbers.look();
    loadAhead(id);
    if (review().items.at(-1)?.media_id === id) void more();
    if (item.revision > 0) await readHistory(id);
  }

  async function readHistory(id: string): Promise<void> {
    try {
      const detail = await api.reviewOf(id);
      if (review().picture === id) refresh(detail, { detail });
    } catch (error) {
      failureOf(error); // who said it is not shown then; everything else is there
    }
  }

  /** A picture that was read anew, unless this person says something about it that is not sent. */
  function refresh(item: ReviewItem, also: Partial<ReviewState> = {}): void {
    const { annotation, picture, items, unsent } = review();
    const waits = unsent.some((one) => one.media_id === item.media_id);
    const worked = item.media_id === picture && annotation !== null && edit.isChanged(annotation);
    if (waits || worked) return patch(also);
    const opened = edit.openedWith(item);
    const shown = item.media_id === picture;
    patch({
      ...also, items: items.map((one) => (one.media_id === item.media_id ? { ...one, ...item } : one)),
      ...(shown ? { annotation: annotation ? edit.reread(annotation, opened) : edit.begin(opened), basedOn: item.revision } : {}),
    });
  }

  function loadAhead(id: string): void {
    const at = review().items.findIndex((one) => one.media_id === id);
    const ahead = review().items.slice(at + 1).filter((one) => one.labels === null).slice(0, AHEAD);
    for (const old of [...images.keys()]) if (!ahead.some((one) => one.media_id === old)) images.delete(old);
    for (const one of ahead) {
      if (images.has(one.media_id)) continue;
      const image = new Image();
      image.src = one.picture;
      images.set(one.media_id, image);
    }
  }

  function go(by: 1 | -1): void {
    const { items, picture, cursor } = review();
    const at = items.findIndex((one) => one.media_id === picture);
    const to = items[at + by];
    if (to) void look(to.media_id);
    else if (by === 1 && cursor) void more().then(() => review().items[at + 1] && go(1));
    else say({ key: by === 1 ? "review.notice.last" : "review.notice.first" });
  }

  // Changing it ---------------------------------------------------------------------------------------

  /** Every change goes through here, and onto the shelf: a closed tab loses none. */
  function change(step: (annotation: Annotation) => Annotation): void {
    const { annotation, picture, basedOn } = review();
    if (!annotation || !picture || !may()) return;
    const next = step(annotation);
    if (next === annotation) return;
    patch({ annotation: next, preview: null, notice: null });
    if (next.labels === annotation.labels || !shelf) return;
    const draft = edit.isChanged(next) ? { based_on: basedOn, labels: next.labels } : null;
    patch({ keeps: shelf.keepDraft(picture, draft) });
    numbers.look();
  }

  /** Selecting changes nothing, and so is open to all. */
  function select(index: number | null): void {
    const { annotation } = review();
    if (annotation) patch({ annotation: edit.select(annotation, index) });
  }

  function selectNext(by: 1 | -1): void {
    const { annotation } = review();
    if (annotation) patch({ annotation: edit.selectNext(annotation, by) });
  }

  function name(chosen: Name, index = review().annotation && edit.target(review().annotation!)): void {
    if (!may()) return;
    patch({ picker: null });
    if (index === null) return say({ key: "review.notice.select" });
    change((annotation) => edit.rename(annotation, index, chosen));
    const slots = use(review().slots, chosen, Date.now());
    patch({ slots });
    shelf?.write("slots", slots);
  }

  function undo(): void {
    const { annotation, said, picture } = review();
    if (annotation && annotation.past.length > 0) return change(edit.undo);
    const last = said.filter((id) => id !== picture).at(-1);
    if (last === undefined) return say({ key: "review.notice.nothing_to_undo" });
    patch({ said: said.slice(0, said.lastIndexOf(last)) });
    void look(last).then(() => say({ key: "review.notice.back" }));
  }

  // Saying it -----------------------------------------------------------------------------------------

  function accept(): void {
    const { annotation } = review();
    if (!annotation || !may()) return;
    // An empty picture is said to be blank on purpose, never by one key too many.
    if (annotation.labels.length === 0) return say({ key: "review.notice.no_box" });
    settle(annotation.labels);
  }

  function blank(): void {
    if (review().annotation && may()) settle([]);
  }

  function settle(labels: readonly Label[], onward = true): void {
    const { picture, basedOn, items, said, progress } = review();
    const item = itemOf(review());
    if (!picture || !item || !shelf || !sender || !may()) return;
    const one: Unsent = { media_id: picture, reserve: slug(), based_on: basedOn, labels, at: Date.now() };
    const keeps = shelf.keep(one);
    shelf.keepDraft(picture, null);
    const { [picture]: _refused, ...refused } = review().refused;
    namedBefore.set(picture, [...(namedBefore.get(picture) ?? []), ...namesOf(item.labels ?? [])]);
    patch({
      keeps, refused, progress: oneMore(progress, item), said: [...said.filter((id) => id !== picture), picture],
      items: items.map((other) => (other === item ? { ...item, labels: [...labels] } : other)),
      unsent: [...review().unsent.filter((other) => other.media_id !== picture), one],
      annotation: edit.begin(labels), picker: null, preview: null,
    });
    if (picture in review().conflicts) dropConflict(picture);
    sender.release(picture);
    if (onward) goOn(picture);
  }

  function goOn(from: string): void {
    const next = nextWaiting(review(), from);
    if (next) return void look(next.media_id);
    if (review().cursor || review().weighedFrom) return void more().then(() => (nextWaiting(review(), from) ? goOn(from) : say({ key: "review.notice.done" })));
    say({ key: "review.notice.done" });
  }

  function stored(one: Unsent, revision: LabelRevision): void {
    const { items, picture, annotation, basedOn } = review();
    const waits = shelf?.all().some((other) => other.media_id === one.media_id) ?? false;
    patch({
      items: items.map((item) =>
        item.media_id === one.media_id
          ? { ...item, revision: revision.revision, ...(waits ? {} : { labels: revision.labels }) }
          : item,
      ),
      ...(picture === one.media_id && annotation && basedOn === one.based_on ? { basedOn: revision.revision } : {}),
    });
    if (one.media_id in review().conflicts) dropConflict(one.media_id);
    tellNumbers(one.media_id, revision);
    if (store.state.page !== "review") return;
    progressAgain();
    if (picture === one.media_id) void readHistory(picture);
  }

  function tellNumbers(id: string, revision: LabelRevision): void {
    const item = itemOf(review(), id);
    numbers.answered(item, namesOf([...(item?.proposals ?? []), ...revision.labels]).concat(namedBefore.get(id) ?? []));
    namedBefore.delete(id);
  }

  /** What was said once is said again, as the newest answer: nothing is taken out of the record. */
  function restore(labels: readonly Label[]): void {
    if (!may() || !review().annotation) return;
    settle(labels, false);
    say({ key: "review.notice.restored" });
  }

  // Two people, one picture ---------------------------------------------------------------------------

  function conflict(one: Unsent, current: LabelRevision): void {
    patch({ conflicts: { ...review().conflicts, [one.media_id]: current } });
  }

  function dropConflict(id: string): void {
    const { [id]: _gone, ...conflicts } = review().conflicts;
    patch({ conflicts, comparing: review().comparing === id ? null : review().comparing });
  }

  function decide(id: string, whose: "mine" | "theirs"): void {
    const theirs = review().conflicts[id];
    const mine = review().unsent.find((one) => one.media_id === id);
    if (!theirs || !mine || !shelf || !sender) return;
    dropConflict(id);
    if (whose === "mine") shelf.keep({ ...mine, based_on: theirs.revision });
    else shelf.drop(mine);
    patch({ unsent: shelf.all().filter((one) => one.reserve === slug()) });
    if (whose === "theirs") takeOver(id, theirs);
    sender.release(id);
  }

  function takeOver(id: string, theirs: LabelRevision): void {
    const { items, picture } = review();
    const { labels, revision } = theirs;
    patch({ items: items.map((one) => (one.media_id === id ? { ...one, labels, revision } : one)) });
    if (picture === id) patch({ annotation: edit.begin(labels), basedOn: revision });
  }

  /** What the cloud would not take is given up, on a person's word. */
  function discard(id: string): void {
    const mine = review().unsent.find((one) => one.media_id === id);
    const { [id]: _gone, ...refused } = review().refused;
    if (mine) shelf?.drop(mine);
    patch({ refused, unsent: review().unsent.filter((one) => one.media_id !== id) });
    sender?.release(id);
    void single(id).then((item) => item && refresh(item)).catch(failureOf);
  }

  function retry(id: string): void {
    const { [id]: _gone, ...refused } = review().refused;
    patch({ refused });
    sender?.release(id);
  }

  // Files ---------------------------------------------------------------------------------------------

  /** `confirm`: proposals that were left as they were are this person's word too. */
  async function importFile(file: File, confirm: boolean): Promise<void> {
    const files = (change: Partial<ReviewState["files"]>) =>
      patch({ files: { open: true, busy: false, report: null, failure: null, ...change } });
    files({ busy: true });
    try {
      const report = await api.importLabels(slug(), JSON.parse(await file.text()), confirm);
      await list(review().filter, review().picture);
      files({ report });
    } catch (error) {
      if (error instanceof SyntaxError) return files({ failure: "unreadable" });
      const { errors } = ((error as ApiError).problem ?? {}) as Partial<Imported>;
      files({
        failure: failureOf(error),
        report: errors?.length ? { stored: 0, unchanged: 0, untouched: 0, errors } : null,
      });
    }
  }

  return {
    patch, follow, open, leave, enter, close, setFilter, more, look, go, change, select, selectNext, name, undo,
    accept, blank, restore, decide, discard, retry, importFile, clock,
    /** Also the next time. */
    toggleNumbers: () => void shelf?.write("numbers", numbers.toggle()),
    numbersAgain: numbers.again,
    again: () => void list(review().filter, review().picture),
    resetFilter: () => void list(NO_FILTER),
  };
}

/** Which pictures at all, whatever the reason and whoever has seen them: what the progress is counted of. */
function places({ species, camera, least, most, rarest }: ReviewFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (species) query.set("taxon", species);
  if (camera) query.set("deployment", camera);
  if (least !== null) query.set("min_confidence", String(least));
  if (most !== null) query.set("max_confidence", String(most));
  if (rarest !== null) query.set("rarest", String(rarest));
  return query;
}

/** The filter as the cloud understands it. */
export function query(filter: ReviewFilter, cursor: string | null = null, until: string | null = null): URLSearchParams {
  const wanted = places(filter);
  if (until) wanted.set("to", until);
  if (filter.reason) wanted.set("reason", filter.reason);
  if (filter.reviewed !== "all") wanted.set("reviewed", String(filter.reviewed === "yes"));
  wanted.set("limit", String(PAGE));
  if (cursor) wanted.set("cursor", cursor);
  return wanted;
}
