/** The fleet: nodes as they should be and as they are, roll-outs, what needs a visit. What is under way is asked again. */
import "../styles/side.css";
import "../styles/fleet.css";
import { mayManage } from "../desk/state";
import type { CreatePage } from "../pages";
import { createReading } from "../side/reading";
import type { Failure } from "../store";
import { fleetPage } from "../ui/fleet/page";
import { uuid } from "../uuid";
import { fleetApi } from "./api";
import { readFleet, RUNNING, type FleetRoute } from "./rules";
import type {
  Artifact, Fleet, LogLines, Maintenance, MaintenanceItem, NewRollout, NodeLog, Rollout, RolloutPlan, RolloutSummary,
} from "./wire";

const AGAIN = 5_000; // ms
const LOG_AGAIN = 1_500;

export interface Draft {
  readonly wanted: NewRollout;
  /** What would happen; null while the cloud is asked, or refuses. */
  readonly plan: RolloutPlan | null;
}

export interface Page {
  readonly route: FleetRoute;
  readonly fleet: ReturnType<typeof createReading<Fleet>>;
  readonly artifacts: ReturnType<typeof createReading<Artifact[]>>;
  readonly rollouts: ReturnType<typeof createReading<RolloutSummary[]>>;
  readonly rollout: ReturnType<typeof createReading<Rollout>>;
  readonly maintenance: ReturnType<typeof createReading<Maintenance>>;
  readonly logs: ReturnType<typeof createReading<NodeLog[]>>;
  readonly lines: ReturnType<typeof createReading<LogLines>>;
  /** JSON Schema of what may be set from here. */
  readonly schema: ReturnType<typeof createReading<unknown>>;
  readonly draft: Draft | null;
  readonly busy: boolean;
  /** Of what was asked for last. */
  readonly failure: Failure | null;
  readonly manages: boolean;
  read(): void;
  upload(file: File): void;
  /** Chooses what a roll-out would be, and asks what it would do; null: none is begun. */
  draw(wanted: NewRollout | null): void;
  start(): void;
  pause(id: string): void;
  resume(id: string): void;
  cancel(id: string, takeBack: boolean): void;
  setGroup(id: string | null, name: string, nodes: string[]): void;
  dropGroup(id: string): void;
  setSettings(path: string, settings: unknown): void;
  visited(deployment: string, note: string, reasons: MaintenanceItem["reason"][]): void;
  askLog(node: string, bundle: boolean): void;
  openLog(id: string): void;
}

export const createPage: CreatePage = (tools) => {
  const page_ = {
    fleet: createReading<Fleet>(tools),
    artifacts: createReading<Artifact[]>(tools),
    rollouts: createReading<RolloutSummary[]>(tools),
    rollout: createReading<Rollout>(tools),
    maintenance: createReading<Maintenance>(tools),
    logs: createReading<NodeLog[]>(tools),
    lines: createReading<LogLines>(tools),
    schema: createReading<unknown>(tools),
  };
  const own = { route: readFleet(""), draft: null as Draft | null, busy: false, failure: null as Failure | null };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown = false;
  const slug = () => tools.store.state.reserve?.slug ?? "";
  const manages = () => mayManage(tools.store.state.account, slug());

  async function read(keep: boolean): Promise<void> {
    clearTimeout(timer);
    const { section, id } = own.route;
    let again: number | null = null;
    if (section === "nodes") {
      if (!page_.schema.value && !page_.schema.busy) void page_.schema.read(() => fleetApi.schema());
      await page_.fleet.read(() => fleetApi.fleet(slug()), keep);
      if (id) {
        await page_.logs.read(() => fleetApi.logs(id), keep);
        if (page_.logs.value?.some((one) => one.state === "asked")) again = LOG_AGAIN;
      }
    } else if (section === "rollouts") {
      if (!keep || !page_.fleet.value) void page_.fleet.read(() => fleetApi.fleet(slug()), keep);
      if (manages()) void page_.artifacts.read(() => fleetApi.artifacts(slug()), keep);
      await page_.rollouts.read(() => fleetApi.rollouts(slug()), keep);
      const open = id ?? page_.rollouts.value?.find((one) => RUNNING.has(one.state))?.id;
      if (open) await page_.rollout.read(() => fleetApi.rollout(open), keep);
      else page_.rollout.forget();
      if (page_.rollouts.value?.some((one) => RUNNING.has(one.state))) again = AGAIN;
    } else {
      await page_.maintenance.read(() => fleetApi.maintenance(slug()), keep);
    }
    clearTimeout(timer);
    if (shown && again !== null) timer = setTimeout(() => void read(true), again);
  }

  async function act(what: () => Promise<unknown>): Promise<void> {
    if (own.busy) return;
    Object.assign(own, { busy: true, failure: null });
    tools.redraw();
    try {
      await what();
      await read(true);
    } catch (error) {
      own.failure = tools.failureOf(error);
    } finally {
      own.busy = false;
      tools.redraw();
    }
  }

  async function draw(wanted: NewRollout | null): Promise<void> {
    own.failure = null;
    own.draft = wanted ? { wanted, plan: null } : null;
    tools.redraw();
    if (!wanted) return;
    try {
      const plan = await fleetApi.plan(slug(), wanted);
      if (own.draft?.wanted === wanted) own.draft = { wanted, plan };
    } catch (error) {
      if (own.draft?.wanted === wanted) own.failure = tools.failureOf(error);
    }
    tools.redraw();
  }

  const page: Page = {
    ...page_,
    get route() { return own.route; },
    get draft() { return own.draft; },
    get busy() { return own.busy; },
    get failure() { return own.failure; },
    get manages() { return manages(); },
    read: () => void read(false),
    upload: (file) => void act(() => fleetApi.upload(slug(), file)),
    draw: (wanted) => void draw(wanted),
    start: () => void act(async () => {
      if (!own.draft?.plan) return;
      const begun = await fleetApi.start(slug(), own.draft.wanted);
      own.draft = null;
      location.hash = `#fleet/rollouts/${begun.id}`;
    }),
    pause: (id) => void act(() => fleetApi.pause(id)),
    resume: (id) => void act(() => fleetApi.resume(id)),
    cancel: (id, takeBack) => void act(() => fleetApi.cancel(id, takeBack)),
    setGroup: (id, name, nodes) => void act(() => fleetApi.setGroup(slug(), id ?? uuid(), { name, rank: 0, nodes })),
    dropGroup: (id) => void act(() => fleetApi.dropGroup(slug(), id)),
    setSettings: (path, settings) => void act(() => fleetApi.setSettings(path, settings)),
    visited: (deployment, note, reasons) => void act(() => fleetApi.visited(slug(), uuid(), deployment, note, reasons)),
    askLog: (node, bundle) => void act(() => fleetApi.askLog(node, bundle)),
    openLog: (id) => void page_.lines.read(() => fleetApi.lines(id)),
  };

  return {
    follow(hash) {
      shown = true;
      Object.assign(own, { route: readFleet(hash), failure: null, draft: null });
      page_.lines.forget();
      page_.logs.forget();
      void read(false);
    },
    leave() {
      shown = false;
      clearTimeout(timer);
      for (const one of Object.values(page_)) one.forget();
    },
    template: (view) => fleetPage(view, page),
  };
};
