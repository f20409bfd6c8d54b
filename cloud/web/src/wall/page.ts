/** The control room's screen: `#wall`. One tick a second drives everything; nothing here grows with time. */
import { html } from "lit-html";
import "../styles/wall.css";
import { api } from "../client";
import type { AppTools, CreatePage, OwnPage } from "../pages";
import { toWall } from "../time";
import { wallPage } from "../ui/wall/page";
import type { View } from "../ui/view";
import { planOf } from "./address";
import { canShow } from "./content";
import { createReader } from "./reader";
import { createSiren } from "./siren";
import { isNewerServed, keepAwake, toggleFullScreen, type Awake } from "./screen";
import { emptyWall, type WallState } from "./state";
import { look, turn, waitingFires } from "./turns";

const TICK = 1000;
const PROBE_EVERY = 30_000;
const PROBE_LOST = 5_000; // while nothing is heard
const VERSION_EVERY = 300_000;
const IDLE_AFTER = 4_000; // the mouse pointer and the buttons go, so that nothing lies over what is shown

/** What people do at the screen; most do nothing for days. */
export interface WallActs {
  step(by: 1 | -1): void;
  pause(): void;
  fullScreen(): void;
  /** A touch that allows sound, or takes it back. */
  sound(): void;
  /** No siren for the fire on the screen; it stays on the screen. */
  quiet(): void;
}

export const createPage: CreatePage = (tools: AppTools): OwnPage => {
  let wall: WallState = emptyWall("#wall");
  let timer: ReturnType<typeof setInterval> | undefined;
  let awake: Awake | null = null;
  let [probedAt, checkedAt, movedAt] = [0, 0, 0];
  let day = "";
  const siren = createSiren();

  const reader = createReader(tools, (patch) => set(patch));

  function set(patch: Partial<WallState>): void {
    if (timer === undefined) return; // an answer that came after the page was left
    wall = { ...wall, ...patch };
    tools.redraw();
  }

  function step(by: 1 | -1): void {
    if (wall.watch.shown) return; // a fire stays
    const at = turn(wall.plan.scenes, wall.at, by, (scene) => canShow(scene, tools.store.state, wall));
    set({ at, since: Date.now(), turns: wall.turns + 1 });
  }

  /** Looks at the fires: at every tick, and as soon as one comes. */
  function watchFires(): void {
    const { state } = tools.store;
    const now = Date.now();
    const waiting = waitingFires({ incidents: state.incidents, now });
    const isAnswered = (id: string) => state.incidents.some((one) => one.id === id && one.state !== "new");
    const watch = look(wall.watch, waiting.map((one) => one.id), isAnswered, now);
    const isNew = watch.shown !== null && !wall.watch.known.includes(watch.shown);
    const turned = watch.shown !== wall.watch.shown;
    wall = { ...wall, watch, ...(isNew ? { quieted: null } : {}) };
    if (turned) requestAnimationFrame(showPlace); // once the map has the size that it has beside the picture
    if (watch.shown === null || wall.quieted !== null || wall.sound === "muted") siren.quiet();
    else void siren.sound().then((heard) => set({ sound: heard ? "on" : "asking" }));
  }

  /** The map shows the fire that is on the screen, and the whole reserve when none is. */
  function showPlace(): void {
    if (timer === undefined) return;
    const burning = tools.store.state.incidents.find((one) => one.id === wall.watch.shown);
    if (burning) tools.map.showIncident(burning);
    else tools.map.fit();
  }

  function tick(): void {
    const now = Date.now();
    wall = { ...wall, now };
    watchFires();
    const due = now - wall.since >= wall.plan.every * 1000;
    if (wall.watch.shown || wall.watch.answered) wall = { ...wall, since: now };
    else if (due && !wall.paused) step(1);
    if (now - probedAt >= (wall.deaf ? PROBE_LOST : PROBE_EVERY)) void probe(now);
    if (now - checkedAt >= VERSION_EVERY) void checkVersion(now);
    followDay(now);
    reader.tick(now);
    document.documentElement.classList.toggle("wall-idle", now - movedAt > IDLE_AFTER);
    tools.redraw();
  }

  /** A stream that looks open may be dead, and a session may have ended: one small question tells. */
  async function probe(now: number): Promise<void> {
    probedAt = now;
    try {
      await api.me({ patience: 20_000 });
      set({ heardAt: Date.now(), deaf: false });
    } catch {
      set({ deaf: true }); // the time of the last word stands on the screen; a session that ended leads to the login page
    }
  }

  async function checkVersion(now: number): Promise<void> {
    const first = checkedAt === 0;
    checkedAt = now;
    if (first || !(await isNewerServed()) || timer === undefined) return;
    if (wall.watch.shown) checkedAt = now - VERSION_EVERY + 60_000; // not under a fire: in a minute
    else location.reload();
  }

  /** "Today" and the week begin anew at the reserve's midnight. */
  function followDay(now: number): void {
    const { reserve } = tools.store.state;
    if (!reserve) return;
    const today = toWall(now, reserve.timezone).slice(0, 10);
    if (day !== "" && today !== day) {
      reader.again();
      void tools.actions.readAll(reserve.slug);
    }
    day = today;
  }

  async function askForSound(): Promise<void> {
    if (wall.sound === "muted") return;
    set({ sound: (await siren.allowed()) ? "on" : "asking" });
  }

  const acts: WallActs = {
    step,
    pause: () => set({ paused: !wall.paused, since: Date.now() }),
    fullScreen: () => void toggleFullScreen().then(tools.redraw),
    sound: () => {
      if (wall.sound === "on") {
        siren.quiet();
        return set({ sound: "muted" });
      }
      wall = { ...wall, sound: "unknown" };
      void askForSound().then(() => {
        if (wall.sound === "on" && !wall.watch.shown) siren.test();
        watchFires();
      });
    },
    quiet: () => {
      siren.quiet();
      set({ quieted: wall.watch.shown });
    },
  };

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act: Record<string, (() => void) | undefined> = {
      ArrowRight: () => step(1), ArrowLeft: () => step(-1),
    };
    if (event.target instanceof HTMLCanvasElement) return; // the map's own keys
    act[event.key]?.();
  }

  function onTouch(): void {
    movedAt = Date.now();
    document.documentElement.classList.remove("wall-idle");
    if (wall.sound === "asking") void askForSound();
  }

  const onFullScreen = () => tools.redraw();
  const onLink = () => void probe(Date.now());

  function open(): void {
    if (timer !== undefined) return;
    timer = setInterval(tick, TICK);
    awake = keepAwake();
    [probedAt, checkedAt, movedAt, day] = [0, 0, Date.now(), ""];
    document.documentElement.classList.add("wall-on");
    for (const kind of ["pointermove", "pointerdown", "keydown"] as const) document.addEventListener(kind, onTouch);
    document.addEventListener("keydown", onKey);
    document.addEventListener("fullscreenchange", onFullScreen);
    for (const kind of ["online", "offline"]) window.addEventListener(kind, onLink);
    void askForSound();
    tick();
  }

  tools.store.subscribe((state, before) => {
    if (timer === undefined) return;
    if (before.connection === "live" && state.connection !== "live") set({ heardAt: Date.now() });
    if (before.connection !== "live" && state.connection === "live") void probe(Date.now());
    if (state.incidents !== before.incidents) {
      watchFires();
      tools.redraw();
    }
  });

  return {
    follow(hash) {
      const same = tools.store.state.reserve?.slug === reader.slug();
      if (timer === undefined || !same) wall = { ...emptyWall(hash), sound: wall.sound };
      else wall = { ...wall, plan: planOf(hash), at: 0, since: Date.now() };
      if (!canShow(wall.plan.scenes[0]!, tools.store.state, wall)) {
        wall = { ...wall, at: turn(wall.plan.scenes, 0, 1, (scene) => canShow(scene, tools.store.state, wall)) };
      }
      reader.open(wall.plan);
      open();
    },
    leave() {
      clearInterval(timer);
      timer = undefined;
      siren.quiet();
      awake?.stop();
      reader.close();
      document.documentElement.classList.remove("wall-on", "wall-idle");
      for (const kind of ["pointermove", "pointerdown", "keydown"] as const) document.removeEventListener(kind, onTouch);
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("fullscreenchange", onFullScreen);
      for (const kind of ["online", "offline"]) window.removeEventListener(kind, onLink);
    },
    template: (view: View) => (timer === undefined ? html`` : wallPage(view, wall, acts)),
  };
};

