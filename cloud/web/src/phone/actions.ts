/** What the phone's app does: it reads, keeps what it read, notes what the ranger does and has it sent. */
import { ApiError } from "../client";
import { remember, remembered, type Language } from "../language";
import { backoff } from "../live";
import { uuid } from "../uuid";
import { ask, incidentUrl, send, sendReceipt } from "./cloud";
import { keepIncident, keptIncident, keptIncidents } from "./kept";
import { ACCOUNT, arrive, DRAFT, endSession, finishLeaving, leave } from "./leave";
import { isAnswered, isOver, standing } from "./life";
import type { Entry, Outbox, Work } from "./outbox";
import { scaled } from "./photo";
import * as push from "./push";
import { readRoute, writeRoute, type Route } from "./route";
import { sendAll } from "./sender";
import { rememberSound, type Alarm, type SoundChoice } from "./sound";
import { nothingOpen, type Light, type Listed, type PhoneStore } from "./store";
import type { Account, ActionKind, Incident, IncidentSummary, Push, Reason, Reserve } from "./wire";

export const LIGHT = "fieldwatch.phone.light";
const SILENCED = "fieldwatch.phone.silenced";
const REREAD = 60_000; // ms between looks at the open incident while it is on show
const OPEN = ["new", "acknowledged", "dispatched", "on_scene", "contained"].map((one) => `state=${one}`).join("&");
const OVER_FOR = 24 * 3_600_000; // ms for which a fire that is over stays in the list

export type PhoneActions = ReturnType<typeof createPhoneActions>;

export function createPhoneActions(store: PhoneStore, outbox: Outbox | null, alarm: Alarm) {
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | null = null;
  let again = false;
  let reading = 0;
  let keeping = Promise.resolve();
  let isLeaving = false;

  // Who is here -----------------------------------------------------------------------------------------

  async function start(): Promise<void> {
    const known = JSON.parse(localStorage.getItem(ACCOUNT) ?? "null") as Account | null;
    if (known) await enter(known); // at once: a ranger on the way to a fire waits for no server
    try {
      await finishLeaving();
      const account = (await (await ask("GET", "me")).json()) as Account;
      if (account.id !== known?.id) await enter(account);
    } catch (error) {
      const status = statusOf(error);
      if (status === 401) signedOut(known !== null);
      else if (!known) store.set({ phase: "login", login: { busy: false, failed: status, expired: false } });
      else lost();
    }
  }

  async function login(email: string, password: string): Promise<void> {
    store.set({ login: { busy: true, failed: null, expired: false } });
    try {
      await finishLeaving();
      const { account } = (await (await ask("POST", "login", { email, password })).json()) as { account: Account };
      store.set({ language: remembered() ?? account.language, login: { busy: false, failed: null, expired: false } });
      await enter(account);
    } catch (error) {
      store.set({ login: { busy: false, failed: statusOf(error), expired: false } });
    }
  }

  /** What one account may see must not stay for the next. */
  async function enter(account: Account): Promise<void> {
    await arrive(account.id, outbox);
    localStorage.setItem(ACCOUNT, JSON.stringify(account));
    store.set({ phase: "in", account, outbox: await mine(account.id) });
    follow(readRoute(location.hash));
    sendNow();
    void knowPush(true);
  }

  async function mine(account: string): Promise<readonly Entry[]> {
    return (await outbox?.all())?.filter((one) => one.account === account) ?? [];
  }

  /** `sure`: although something waits to be sent. It stays for when the same person signs in again. */
  async function logout(sure: boolean): Promise<void> {
    if (!sure && store.state.outbox.some((one) => !one.refused)) {
      store.set({ leaving: true });
      return;
    }
    isLeaving = true; // what is read meanwhile is neither shown nor kept
    try {
      await keeping;
      await leave();
      await endSession().catch(() => {}); // without a link: before anybody signs in here again
      signedOut(false);
    } finally {
      isLeaving = false;
    }
  }

  /** Whether it is still they who asked: what comes after the signing out is for nobody. */
  function isStill(account: Account | null): boolean {
    return !isLeaving && account !== null && store.state.account === account;
  }

  function signedOut(expired: boolean): void {
    clearTimeout(timer);
    silence();
    const login = { busy: false, failed: null, expired };
    store.set({ phase: "login", account: null, list: null, outbox: [], leaving: false, push: "unknown", login, ...nothingOpen() });
  }

  // Where one is ----------------------------------------------------------------------------------------

  function go(route: Route): void {
    history.pushState(null, "", writeRoute(route));
    follow(route);
  }

  function follow(route: Route): void {
    const same = route.page === "incident" && store.state.incident?.incident.id === route.id;
    if (!same) store.set(nothingOpen());
    store.set({ route });
    if (store.state.phase !== "in") return;
    if (route.page === "incident") void open(route.id);
    if (route.page === "list") void list();
    if (route.page === "settings") void knowPush(false);
    if (!same) scrollTo(0, 0);
  }

  /** What is kept first, then what the cloud says. */
  async function open(id: string): Promise<void> {
    const { account } = store.state;
    const draft = localStorage.getItem(DRAFT + id) ?? "";
    if (store.state.draft !== draft) store.set({ draft });
    const before = await keptIncident(id).catch(() => null);
    if (!isStill(account)) return;
    if (before && isOpen(id) && !store.state.incident) store.set({ incident: before });
    await read(id);
  }

  function isOpen(id: string): boolean {
    const { route } = store.state;
    return route.page === "incident" && route.id === id;
  }

  async function read(id: string): Promise<void> {
    const { account } = store.state;
    const number = ++reading;
    try {
      const incident = (await (await ask("GET", incidentUrl(id))).json()) as Incident;
      found();
      if (number === reading && isStill(account)) show(incident);
    } catch (error) {
      const status = statusOf(error);
      if (!isStill(account)) return;
      if (status === 401) return signedOut(true);
      if (status === 0 || status >= 500) lost();
      if (isOpen(id) && !store.state.incident) store.set({ missing: status });
    }
  }

  /** Answers may overtake each other on a bad link: what is older than what stands there changes nothing. */
  function show(incident: Incident): void {
    const known = store.state.incident?.incident;
    if (known?.id === incident.id && known.revision > incident.revision) return;
    const read = Date.now();
    if (isOpen(incident.id)) store.set({ incident: { incident, read }, missing: null });
    keeping = keeping.then(() => keepIncident(incident, read)).catch(() => {}); // a full disk: then it is not kept
    quietIfAnswered();
  }

  async function list(): Promise<void> {
    const { account } = store.state;
    if (!store.state.list) {
      const items = (await keptIncidents().catch(() => [])).reverse();
      if (!isStill(account)) return;
      const listed = items.map(({ incident }) => ({
        ...incident,
        place: incident.zone ?? { name: incident.suspicions.at(-1)?.deployment ?? incident.reserve, name_zh: null },
      }));
      if (items.length > 0) store.set({ list: { items: listed, read: Math.min(...items.map((one) => one.read)) } });
    }
    try {
      // A night of false alarms is many: those that are over come only when somebody asks for them.
      const over = `state=closed&state=false_alarm&from=${new Date(Date.now() - OVER_FOR).toISOString()}`;
      const wanted = store.state.over ? [OPEN, over] : [OPEN];
      const reserves = (await (await ask("GET", "reserves")).json()) as Reserve[];
      const found = await Promise.all(
        reserves.flatMap((reserve) => wanted.map(async (which): Promise<Listed[]> => {
          const answer = await ask("GET", `reserves/${reserve.slug}/incidents?${which}`);
          const { items } = (await answer.json()) as { items: IncidentSummary[] };
          return items.map((one) => ({ ...one, place: one.zone ?? reserve }));
        })),
      );
      const items = found.flat();
      items.sort((a, b) => b.last_seen_at.localeCompare(a.last_seen_at));
      if (isStill(account)) store.set({ list: { items, read: Date.now() }, link: true });
    } catch (error) {
      const status = statusOf(error);
      if (!isStill(account)) return;
      if (status === 401) signedOut(true);
      else lost();
    }
  }

  function showOver(): void {
    store.set({ over: true });
    void list();
  }

  function refresh(): void {
    const { route, phase } = store.state;
    if (phase !== "in" || document.hidden) return;
    if (route.page === "incident") void read(route.id);
    if (route.page === "list") void list();
    sendNow();
  }

  const lost = () => store.state.link && store.set({ link: false });

  function found(): void {
    if (!store.state.link) store.set({ link: true });
  }

  // What the ranger does --------------------------------------------------------------------------------

  function act(action: ActionKind, more: { reason?: Reason; note?: string } = {}): Promise<void> {
    silence();
    navigator.vibrate?.(40);
    return note({ kind: "action", action, ...more });
  }

  /** Shown at once, safe on the phone before anything is sent. */
  async function note(work: Work): Promise<void> {
    const { incident, account } = store.state;
    if (!incident || !account) return;
    const entry: Entry = {
      id: uuid(), account: account.id, incident: incident.incident.id, done_at: new Date().toISOString(), work, refused: null,
    };
    store.set((state) => ({ outbox: [...state.outbox, entry], sheet: null }));
    await outbox!.add(entry);
    sendNow();
  }

  function write(draft: string): void {
    const { incident } = store.state;
    if (incident) localStorage.setItem(DRAFT + incident.incident.id, draft);
    store.set({ draft });
  }

  async function sayNote(): Promise<void> {
    const said = store.state.draft.trim();
    if (!said) return;
    await note({ kind: "action", action: "note", note: said });
    forgetDraft();
  }

  function forgetDraft(): void {
    const { incident } = store.state;
    if (incident) localStorage.removeItem(DRAFT + incident.incident.id);
    store.set({ draft: "" });
  }

  async function choosePicture(file: File): Promise<void> {
    store.set({ sheet: "picture", picture: "busy" });
    try {
      const jpeg = await scaled(file);
      store.set({ picture: { jpeg, url: URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" })) } });
    } catch {
      store.set({ picture: "unreadable" });
    }
  }

  async function addPicture(): Promise<void> {
    const { picture, here, draft } = store.state;
    if (picture === null || typeof picture === "string") return;
    const said = draft.trim();
    await note({ kind: "picture", jpeg: picture.jpeg, ...(said ? { note: said } : {}), ...(here ? { at: here.at } : {}) });
    forgetDraft();
    dropPicture();
  }

  function dropPicture(): void {
    const { picture } = store.state;
    if (picture !== null && typeof picture !== "string") URL.revokeObjectURL(picture.url);
    store.set({ picture: null, sheet: null });
  }

  /** The cloud would not have it, and the ranger has seen why. Its words can go as a note instead. */
  async function dismiss(entry: Entry, asNote: string | null): Promise<void> {
    if (asNote) await note({ kind: "action", action: "note", note: asNote });
    await outbox!.drop(entry.id);
    await reload();
  }

  // Sending ---------------------------------------------------------------------------------------------

  async function reload(): Promise<void> {
    const { account } = store.state;
    if (account) store.set({ outbox: await mine(account.id) });
  }

  /** Only one round at a time; what is done meanwhile goes with the next. */
  function sendNow(): void {
    clearTimeout(timer);
    again = true;
    sending ??= rounds().finally(() => (sending = null));
  }

  async function rounds(): Promise<void> {
    while (again && outbox && store.state.account) {
      again = false;
      const { account } = store.state;
      const progress = {
        sent: (entry: Entry, incident: Incident | null) => {
          found();
          store.set((state) => ({ outbox: state.outbox.filter((one) => one.id !== entry.id) }));
          if (!isStill(account)) return;
          ++reading; // an answer that was asked for before this one is older than it
          // What was done to one that has been merged is answered with the one that it was merged into.
          if (incident?.id === entry.incident) show(incident);
          else if (isOpen(entry.incident)) void read(entry.incident);
        },
        refused: (entry: Entry) => {
          void reload();
          if (isStill(account) && isOpen(entry.incident)) void read(entry.incident);
        },
      };
      const outcome = await sendAll(outbox, account.id, { send, sendReceipt }, progress);
      if (outcome === "done") attempt = 0;
      else if (!isStill(account)) continue;
      else if (outcome === "signed_out") signedOut(true);
      else if (store.state.outbox.length > 0) {
        lost();
        timer = setTimeout(sendNow, backoff(attempt++, Math.random()));
        return;
      }
    }
  }

  // Being called ----------------------------------------------------------------------------------------

  async function knowPush(renew: boolean): Promise<void> {
    store.set({ push: await push.pushState() });
    // Again at every start: a browser may have changed the address, or the cloud given it up.
    if (renew && store.state.push === "on") await push.register(store.state.language).catch(() => {});
  }

  async function askForPush(): Promise<void> {
    store.set({ pushBusy: true, pushFailure: null });
    try {
      store.set({ push: await push.subscribe(store.state.language) });
    } catch (error) {
      store.set({ pushFailure: error instanceof Error ? error.message : String(error), push: await push.pushState() });
    } finally {
      store.set({ pushBusy: false });
    }
  }

  async function testPush(): Promise<void> {
    store.set({ tested: "no", pushFailure: null });
    try {
      await push.test();
      if (store.state.tested === "no") store.set({ tested: "sent" });
    } catch (error) {
      store.set({ pushFailure: error instanceof Error ? error.message : String(error) });
    }
  }

  /** A push came while the app is open. */
  function pushed({ kind, incident, urgent }: Push): void {
    if (kind === "test") store.set({ tested: "arrived" });
    if (urgent || kind === "test") void sound(kind === "test" ? "once" : store.state.sound);
    if (incident && isOpen(incident)) void read(incident);
    else if (store.state.route.page === "list") void list();
  }

  async function sound(choice: SoundChoice): Promise<void> {
    if (choice === "off") return;
    const sounds = await alarm.start(choice);
    store.set({ sounding: !sounds ? "blocked" : choice === "until_answered" ? "yes" : "no" });
  }

  /** Opened by a push that nobody has answered yet: it is heard here as well. */
  function soundIfNew(): void {
    const { incident, outbox: entries, sound: choice } = store.state;
    if (incident?.incident.id === sessionStorage.getItem(SILENCED)) return;
    if (incident && !incident.incident.held_back && !isAnswered(standing(incident.incident, entries).state)) void sound(choice);
  }

  function quietIfAnswered(): void {
    const { incident, outbox: entries, sounding } = store.state;
    if (sounding === "no" || !incident) return;
    const { state } = standing(incident.incident, entries);
    if (isAnswered(state) || isOver(state)) silence();
  }

  function silence(): void {
    const { incident, sounding } = store.state;
    if (incident && sounding !== "no") sessionStorage.setItem(SILENCED, incident.incident.id); // also over a reload
    alarm.stop();
    if (store.state.sounding !== "no") store.set({ sounding: "no" });
  }

  function chooseSound(choice: SoundChoice): void {
    silence();
    rememberSound(choice);
    store.set({ sound: choice });
  }

  // The rest --------------------------------------------------------------------------------------------

  function setLanguage(language: Language): void {
    remember(language);
    store.set({ language });
    if (store.state.push === "on") void push.register(language).catch(() => {}); // pushes speak it too
  }

  function setLight(light: Light): void {
    localStorage.setItem(LIGHT, light);
    store.set({ light });
  }

  async function copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      store.set({ copied: true });
      setTimeout(() => store.set({ copied: false }), 2500);
    } catch {
      // Refused, or plain http: the coordinates stand there to be selected by hand.
    }
  }

  setInterval(refresh, REREAD);

  return {
    start, login, logout, go, follow, refresh, showOver, act, write, sayNote, choosePicture, addPicture, dropPicture, dismiss,
    reload, sendNow, askForPush, testPush, pushed, sound, soundIfNew, silence, chooseSound, setLanguage, setLight, copy,
  };
}

function statusOf(error: unknown): number {
  if (error instanceof ApiError) return error.status;
  throw error;
}
