/** What the app does: everything that talks to the cloud and changes the state because of it. */
import { api, ApiError, whenExpired } from "./client";
import { copyText } from "./copy";
import { countsCsv } from "./csv";
import { createDeskActions } from "./desk/actions";
import { first } from "./early";
import { gathered } from "./gathered";
import { remember, remembered, type Language } from "./i18n";
import { listen } from "./live";
import { forgetLiveViews, liveViewChanged } from "./live-view/session";
import { createMapActions, type MapHands } from "./map/actions";
import { arrive, endSession, finishLeaving, leave } from "./phone/leave";
import { openOutbox } from "./phone/outbox";
import { createResearchActions } from "./research/actions";
import { createReviewActions } from "./review/actions";
import {
  emptyReserve, incidentsToRead, isOpen, mergeIncidents, KEPT, mergeObservations, type CountForm, type Failure, type State, type Store,
} from "./store";
import { fromWall, knownZone, spanEnds } from "./time";
import type { Area, CountsQuery, Incident, LiveMedia, Observation } from "./wire";

const LAST_RESERVE = "fieldwatch.reserve";
const FIRST_PAGE = 60;
const FRESH_WAIT = 200; // the list of two hundred sightings a second is drawn anew five times a second, not two hundred
const FRESH_WAIT_SLOW = 1000; // and once a second where each drawing takes the processor from the map
const LONGEST_DRAWING = 3000; // ms
const REFETCH_WAIT = 1000; // a service that restarts says "read again" more than once

export type Actions = ReturnType<typeof createActions>;

/** `map`: what actions move on the map; it is made after them. */
export function createActions(store: Store, onSeen: (observation: Observation) => void, map: () => MapHands) {
  let stopListening = () => {};
  let countNumber = 0;
  let fresh: Observation[] = [];

  const review = createReviewActions(store, failureOf);
  const desk = createDeskActions(store, failureOf, readIncident);
  const research = createResearchActions(store, failureOf);
  const atlas = createMapActions(store, failureOf, map);

  whenExpired(() => signedOut(true));

  function signedOut(expired: boolean): void {
    stopListening();
    forgetLiveViews();
    review.close();
    if (store.state.phase === "login") return;
    store.set({
      phase: "login", account: null, reserves: [], reserve: null, ...emptyReserve(),
      login: { busy: false, failure: null, expired },
    });
  }

  async function start(): Promise<void> {
    try {
      const { account, reserves } = first();
      store.set({ account: await account });
      await enter(reserves);
    } catch (error) {
      const failure = failureOf(error);
      const login = { busy: false, failure: failure.status === 401 ? null : failure, expired: false };
      store.set({ phase: "login", login });
    }
  }

  async function login(email: string, password: string): Promise<void> {
    store.set({ login: { busy: true, failure: null, expired: false } });
    try {
      await finishLeaving();
      const account = await api.login(email, password);
      await arrive(account.id, await openOutbox().catch(() => null)).catch(() => {}); // a browser that keeps nothing has nothing to forget
      const language = account.language === "zh" ? "zh" : "en";
      store.set({ account, language: remembered() ?? language });
      await enter();
    } catch (error) {
      store.set({ login: { busy: false, failure: failureOf(error), expired: false } });
    }
  }

  async function logout(): Promise<void> {
    await leave();
    await endSession().catch(() => {}); // whatever the server says, this screen shows nothing more
    signedOut(false);
  }

  async function enter(asked = api.reserves()): Promise<void> {
    const reserves = (await asked).map((one) => ({ ...one, timezone: knownZone(one.timezone) }));
    const last = localStorage.getItem(LAST_RESERVE);
    store.set({ phase: "map", reserves, login: { busy: false, failure: null, expired: false } });
    const first = reserves.find((one) => one.slug === last) ?? reserves[0];
    if (first) await openReserve(first.slug);
  }

  async function openReserve(slug: string): Promise<void> {
    const reserve = store.state.reserves.find((one) => one.slug === slug);
    if (!reserve) return;
    const switched = store.state.reserve !== null;
    stopListening();
    localStorage.setItem(LAST_RESERVE, slug);
    fresh = [];
    store.set({ reserve, ...emptyReserve() });
    // Listening starts before reading, so that nothing falls between the two.
    stopListening = listen(slug, {
      observation: seen,
      incident: ({ id }) => {
        void readIncident(id);
        desk.listChanged();
      },
      deployment: () => readDeployments(),
      media: mediaArrived,
      liveView: liveViewChanged,
      mapLayer: atlas.layerChanged,
      refetch: readAgain,
      connection: (connection) => store.set({ connection }),
      refused: () => void api.me().catch(() => {}), // a 401 leads to the login page
    });
    review.enter(switched);
    desk.enter(switched);
    research.enter(switched);
    atlas.enter(switched);
    await readAll(slug);
    if (store.state.reserve?.slug !== slug) return;
    research.ready();
    atlas.ready();
  }

  /** Each is shown as it comes. All that is known of two thousand cameras is a megabyte, and they are on the map by their
   * tiles already: it comes last, and does not keep the map waiting. Incidents are read in full only where they changed. */
  async function readAll(slug: string): Promise<void> {
    try {
      await Promise.all([
        api.zones(slug).then((zones) => still(slug, () => ({ zones }))),
        readIncidents(slug),
        api.observations(slug, FIRST_PAGE).then((observations) =>
          still(slug, (state) => ({ observations: mergeObservations(state.observations, observations) }))),
      ]);
      const isFirst = store.state.page === "map" && !store.state.camerasRead;
      if (isFirst) await Promise.race([map().drawn, new Promise((late) => setTimeout(late, LONGEST_DRAWING))]);
      if (store.state.reserve?.slug !== slug) return; // nobody is signed in any more, or looks at another reserve
      await readCameras(slug);
    } catch (error) {
      if (store.state.reserve?.slug === slug) store.set({ failure: failureOf(error) });
    }
  }

  async function readCameras(slug: string): Promise<void> {
    const deployments = await api.deployments(slug);
    still(slug, () => ({ deployments, camerasRead: true }));
  }

  async function readIncidents(slug: string): Promise<void> {
    const listed = await api.incidents(slug);
    const { ids, older } = incidentsToRead(listed, store.state.incidents);
    // One that cannot be read is told of, and hides nothing else.
    const read = await Promise.allSettled(ids.map(api.incident));
    const incidents = read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const failed = read.find((one) => one.status === "rejected");
    still(slug, (state) => ({
      failure: failed ? failureOf(failed.reason) : null, olderIncidents: older, incidents: mergeIncidents(state.incidents, incidents),
    }));
  }

  /** Changes the state, unless another reserve was opened meanwhile. */
  function still(slug: string, change: (state: State) => Partial<State>): void {
    if (store.state.reserve?.slug === slug) store.set(change);
  }

  const readAgain = gathered(REFETCH_WAIT, async () => {
    const slug = store.state.reserve?.slug;
    if (slug) await readAll(slug);
  }, failureOf);

  /** Health changes come in bursts (a broker restarts, fifty nodes return): one read answers all of them. */
  const readDeployments = gathered(400, async () => {
    const slug = store.state.reserve?.slug;
    if (slug) await readCameras(slug);
  }, failureOf); // the next event or reconnect reads again

  async function readIncident(id: string): Promise<void> {
    try {
      const incident = await api.incident(id);
      if (incident.reserve !== store.state.reserve?.slug) return;
      store.set((state) => ({ incidents: mergeIncidents(state.incidents, [incident]) }));
    } catch (error) {
      store.set({ failure: failureOf(error) });
    }
  }

  function seen(observation: Observation): void {
    fresh.push(observation);
    showFresh();
    onSeen(observation);
  }

  /** A node that was away for a day sends thousands at once: the list is sorted once for all of them. */
  const showFresh = gathered(() => (map().isSlow ? FRESH_WAIT_SLOW : FRESH_WAIT), async () => {
    const batch = fresh.splice(0);
    store.set((state) => ({ observations: mergeObservations(state.observations, batch) }));
  }, failureOf);

  /** A picture may come after what it shows: load it again, and read anew a fire that lacked it. */
  function mediaArrived(media: LiveMedia): void {
    store.set((state) => ({ mediaAttempts: oneMoreAttempt(state.mediaAttempts, media.id) }));
    for (const incident of store.state.incidents) {
      const waiting = incident.suspicions.some(
        (one) => one.deployment_id === media.deployment_id && (one.media_id === null || one.media_id === media.id),
      );
      if (waiting && isOpen(incident)) void readIncident(incident.id);
    }
  }

  async function count(change: Partial<CountForm> = {}): Promise<void> {
    store.set((state) => ({ form: { ...state.form, ...change }, copied: null }));
    const { form, reserve } = store.state;
    if (!reserve) return;
    const query = countsQuery(form, reserve.timezone, store);
    if (typeof query === "string") {
      store.set({ countFailure: query, result: null });
      return;
    }
    const number = ++countNumber;
    store.set({ counting: true, countFailure: null });
    try {
      const counts = await api.counts(reserve.slug, query, store.state.language);
      if (number === countNumber) store.set({ result: { counts, query }, counting: false });
    } catch (error) {
      if (number === countNumber) store.set({ countFailure: failureOf(error), result: null, counting: false });
    }
  }

  async function copyResult(): Promise<void> {
    const { result } = store.state;
    if (result) store.set({ copied: (await copyText(countsCsv(result.counts, result.query))) ? "yes" : "no" });
  }

  function setLanguage(language: Language): void {
    remember(language);
    store.set({ language });
    if (store.state.result) void count(); // its verdict is said by the cloud
  }

  return { start, login, logout, openReserve, readAll, count, copyResult, setLanguage, review, desk, research, atlas };
}

/** The newest `KEPT` of them: a page that is open for weeks must not hold every picture that ever came. */
function oneMoreAttempt(attempts: State["mediaAttempts"], id: string): State["mediaAttempts"] {
  const { [id]: before = 0, ...others } = attempts;
  const kept = Object.entries(others).slice(1 - KEPT);
  return { ...Object.fromEntries(kept), [id]: before + 1 };
}

/** The query that the form describes, or what is missing in it. */
function countsQuery(form: CountForm, zone: string, store: Store): CountsQuery | "bad_span" | "draw_first" {
  const area = chosenArea(form, store);
  if (area === undefined) return "draw_first";
  const taxa = form.taxon ? [form.taxon] : null;
  if (form.span !== "custom") return { area, ...spanEnds(form.span, Date.now(), zone), taxa };
  const [from, to] = [fromWall(form.customFrom, zone), fromWall(form.customTo, zone)];
  if (!(from < to)) return "bad_span";
  return { area, from: new Date(from).toISOString(), to: new Date(to).toISOString(), taxa };
}

/** null is the whole reserve, undefined nothing yet. */
function chosenArea(form: CountForm, store: Store): Area | null | undefined {
  const choice = form.area;
  if (choice.kind === "reserve") return null;
  if (choice.kind === "drawn") return form.drawn ?? undefined;
  return store.state.zones.features.find((zone) => zone.properties.id === choice.id)?.geometry;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return { status: error.status, detail: error.message };
  throw error;
}

/** Whether the report that opened the incident came much later than its picture was taken. */
export function isLate(incident: Incident): boolean {
  return incident.late_s > 120;
}
