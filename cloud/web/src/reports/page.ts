/** Weekly and monthly reports: read, made now, and by schedule. While one is being made the list is asked again. */
import "../styles/side.css";
import "../styles/reports.css";
import { mayManage } from "../desk/state";
import { mayLabel } from "../review/state";
import type { CreatePage } from "../pages";
import { createReading } from "../side/reading";
import type { Failure } from "../store";
import { reportsPage } from "../ui/reports/page";
import { reportsApi } from "./api";
import { isWaiting } from "./editions";
import type { NewReport, NewSchedule, Reports, Schedule } from "./wire";

const AGAIN = 1_000;

export interface Page {
  readonly list: ReturnType<typeof createReading<Reports>>;
  readonly schedule: ReturnType<typeof createReading<Schedule>>;
  /** The report that the address names: it is marked. */
  readonly chosen: string | null;
  readonly busy: boolean;
  /** Of what was asked for last. */
  readonly failure: Failure | null;
  readonly saved: boolean;
  readonly makes: boolean;
  readonly manages: boolean;
  read(): void;
  make(wanted: NewReport): void;
  save(wanted: NewSchedule): void;
}

export const createPage: CreatePage = (tools) => {
  const list = createReading<Reports>(tools);
  const schedule = createReading<Schedule>(tools);
  const own = { chosen: null as string | null, busy: false, failure: null as Failure | null, saved: false };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown = false;

  const slug = () => tools.store.state.reserve?.slug ?? "";
  const manages = () => mayManage(tools.store.state.account, slug());

  async function read(keep: boolean): Promise<void> {
    clearTimeout(timer);
    await list.read(() => reportsApi.list(slug()), keep);
    clearTimeout(timer);
    if (shown && list.value?.items.some(isWaiting)) timer = setTimeout(() => void read(true), AGAIN);
  }

  async function act(what: () => Promise<void>): Promise<void> {
    if (own.busy) return;
    Object.assign(own, { busy: true, failure: null, saved: false });
    tools.redraw();
    try {
      await what();
    } catch (error) {
      own.failure = tools.failureOf(error);
    } finally {
      own.busy = false;
      tools.redraw();
    }
  }

  const page: Page = {
    list,
    schedule,
    get chosen() { return own.chosen; },
    get busy() { return own.busy; },
    get failure() { return own.failure; },
    get saved() { return own.saved; },
    get makes() { return manages() || mayLabel(tools.store.state.account, slug()); },
    get manages() { return manages(); },
    read: () => void read(false),
    make: (wanted) => void act(async () => {
      await reportsApi.make(slug(), wanted);
      await read(true);
    }),
    save: (wanted) => void act(async () => {
      const kept = await reportsApi.setSchedule(slug(), wanted);
      await schedule.read(() => Promise.resolve(kept), true);
      own.saved = true;
    }),
  };

  return {
    follow(hash) {
      shown = true;
      own.chosen = /^#reports\/([0-9a-f-]{36})$/.exec(hash)?.[1] ?? null;
      Object.assign(own, { failure: null, saved: false });
      void read(false);
      if (manages()) void schedule.read(() => reportsApi.schedule(slug()));
    },
    leave() {
      shown = false;
      clearTimeout(timer);
      list.forget();
      schedule.forget();
    },
    template: (view) => reportsPage(view, page),
  };
};
