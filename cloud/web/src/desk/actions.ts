/** What the fire desk does: it reads what its section shows, and carries out what a manager decides. */
import { EMPTY } from "../polygon";
import { gathered } from "../gathered";
import type { LonLat } from "../geo";
import { mergeIncidents, type Failure, type Store } from "../store";
import { uuid } from "../uuid";
import type { Area, Incident, NewAction, SuggestedMask } from "../wire";
import { deskApi } from "./api";
import { waitsForAnswer } from "./calls";
import { NEW_RULE } from "./rules";
import { EMPTY_SHAPE, shapeOf, type Corner } from "./mask";
import { DESK_START, readDeskRoute, writeDeskRoute, type DeskRoute, type Section } from "./route";
import { emptyDesk, mayManage, type DeskState, type Said } from "./state";
import type { AlertRule, CallStep, DangerClass, NewDrill, NewFireReport, NewRule, NewShift } from "./wire";

const REREAD_WAIT = 300; // deliveries of one call change in a burst
const DRILL_TICK = 2000; // ms between two looks at a drill that runs
const CALLS_TICK = 5000; // at an incident that waits for an answer
const DANGER_DAYS = 14 * 86_400_000; // ms
const MASK_TICK = 4000; // and at a mask that the node has not answered for

export function createDeskActions(
  store: Store, failureOf: (error: unknown) => Failure, readIncident: (id: string) => Promise<void>,
) {
  let watching: ReturnType<typeof setTimeout> | undefined;

  const desk = () => store.state.desk;
  const slug = () => store.state.reserve?.slug ?? "";
  const patch = (change: Partial<DeskState>) => store.set((state) => ({ desk: { ...state.desk, ...change } }));
  const manages = () => mayManage(store.state.account, store.state.reserve?.slug);

  // Where one is --------------------------------------------------------------------------------------

  function go(section: Section, id: string | null = null, incident: string | null = null): void {
    show({ section, id, incident });
    history.pushState(null, "", location.pathname + location.search + writeDeskRoute(desk().route));
  }

  /** The address was changed from outside, or the reserve was just opened. */
  function follow(): void {
    show(readDeskRoute(location.hash));
  }

  function show(route: DeskRoute): void {
    store.set({ page: "desk", ...(route.section === "incidents" ? { selectedIncident: route.id } : {}) });
    patch({ route, failure: null, said: null, dialog: null, picking: null, picked: null, gateOf: null, brought: null });
    void read();
  }

  /** For the reserve that was just opened. `switched`: from another one, whose incidents and cameras the address still
   * names. */
  function enter(switched: boolean): void {
    store.set({ desk: emptyDesk(DESK_START) });
    if (store.state.page !== "desk") return;
    if (switched) go(readDeskRoute(location.hash).section);
    else follow();
  }

  // Reading -------------------------------------------------------------------------------------------

  /** What the section on show needs. */
  async function read(): Promise<void> {
    clearTimeout(watching);
    if (!store.state.reserve) return;
    const { section, id, incident } = desk().route;
    await attempt(async () => {
      if (section === "incidents") await readIncidents(id);
      else if (section === "roster") await readRoster();
      else if (section === "wildlife") await readRules();
      else if (section === "masks") await readMasks(id, incident);
      else if (section === "danger") await readDanger();
      else if (section === "drills") await readDrills(id);
      else patch({ devices: await deskApi.devices() });
    });
  }

  async function readIncidents(id: string | null): Promise<void> {
    const [listed] = await Promise.all([deskApi.incidents(slug()), id ? readIncident(id) : null]);
    patch({ listed });
    // Each call's progress is no event of its own: look again while people are being called.
    const chosen = store.state.incidents.find((one) => one.id === id);
    if (chosen && waitsForAnswer(chosen)) watch(() => readIncidents(id), CALLS_TICK);
  }

  async function readRoster(): Promise<void> {
    const [shifts, plan, onDuty, people] = await Promise.all([
      deskApi.shifts(slug()), deskApi.callPlan(slug()), deskApi.onDuty(slug()), manages() ? deskApi.people(slug()) : null,
    ]);
    patch({ roster: { shifts, plan, onDuty, people: people?.items ?? [], webhooks: people?.webhooks ?? [] } });
  }

  async function readRules(): Promise<void> {
    const [rules, alerts] = await Promise.all([deskApi.rules(slug()), deskApi.alerts(slug())]);
    patch({ rules, alerts });
  }

  async function readDanger(): Promise<void> {
    const from = new Date(store.state.now - DANGER_DAYS).toISOString();
    const [danger, gates] = await Promise.all([deskApi.danger(slug(), from), deskApi.gates(slug())]);
    patch({ danger: { danger, gates } });
  }

  async function readMasks(deployment: string | null, incident: string | null): Promise<void> {
    if (!deployment) return patch({ masks: null, shape: EMPTY_SHAPE });
    const same = desk().masks?.deployment === deployment;
    if (!same) patch({ masks: null, shape: EMPTY_SHAPE });
    if (incident) await readIncident(incident);
    const { items, media_id } = await deskApi.masks(deployment);
    const picture = ofIncident(deployment, incident) ?? media_id;
    if (desk().route.id === deployment) patch({ masks: { deployment, masks: items, picture } });
    // The node answers within seconds where it is connected: look until it has.
    if (items.some((one) => !one.applied)) watch(() => readMasks(deployment, incident), MASK_TICK);
  }

  /** The picture of the false alarm that the mask is drawn for. */
  function ofIncident(deployment: string, incident: string | null): string | null {
    const found = store.state.incidents.find((one) => one.id === incident);
    return found?.suspicions.findLast((one) => one.deployment_id === deployment && one.media_id !== null)?.media_id ?? null;
  }

  async function readDrills(id: string | null): Promise<void> {
    const [drills, report] = await Promise.all([deskApi.drills(slug()), id ? deskApi.drill(id) : null]);
    patch({ drills, report });
    if (report && !report.ended_at) watch(() => readDrills(id), DRILL_TICK);
  }

  /** Looks again after a while, as long as the same place is on show. */
  function watch(look: () => Promise<void>, wait: number): void {
    const { route } = desk();
    clearTimeout(watching);
    watching = setTimeout(() => {
      if (store.state.page === "desk" && desk().route === route) void attempt(look);
    }, wait);
  }

  /** Incidents change live; the list follows while it is on show. */
  const listChanged = gathered(REREAD_WAIT, async () => {
    if (store.state.page === "desk" && slug()) patch({ listed: await deskApi.incidents(slug()) });
  }, failureOf);

  // Doing ---------------------------------------------------------------------------------------------

  /** Runs `work`; what goes wrong is shown, and the page stays as it is. */
  async function attempt(work: () => Promise<void>): Promise<boolean> {
    patch({ failure: null });
    try {
      await work();
      return true;
    } catch (error) {
      patch({ failure: failureOf(error) });
      return false;
    }
  }

  /** Carries something out, closes its dialog, says so, and reads the section anew. */
  async function perform(work: () => Promise<unknown>, said: Said | null): Promise<boolean> {
    if (desk().busy) return false;
    patch({ busy: true, said: null });
    const done = await attempt(async () => void (await work()));
    patch({ busy: false, ...(done ? { dialog: null, said } : {}) });
    if (done) await read();
    return done;
  }

  async function act(incident: Incident, action: NewAction): Promise<void> {
    let suggested: SuggestedMask | null = null;
    await perform(async () => {
      const after = await deskApi.act(incident.id, action);
      suggested = after.suggested_mask;
      store.set((state) => ({ incidents: mergeIncidents(state.incidents, [after]) }));
    }, { key: `said.${action.action}` });
    if (suggested && manages()) patch({ dialog: { kind: "suggested_mask", incident: incident.id, ...(suggested as SuggestedMask) } });
  }

  function editSuggested(deployment: string, incident: string, polygon: readonly Corner[]): void {
    go("masks", deployment, incident);
    patch({ shape: shapeOf(polygon) });
  }

  const addMask = (reason: string) => {
    const { masks, shape, route } = desk();
    const polygon = shape.corners.map(([x, y]): [number, number] => [x, y]);
    const mask = { id: uuid(), polygon, reason, ...(route.incident ? { incident_id: route.incident } : {}) };
    return perform(async () => {
      await deskApi.addMask(masks!.deployment, mask);
      patch({ shape: EMPTY_SHAPE });
    }, { key: "said.mask_added" });
  };

  /** A drill rings real phones: who they are is read before anybody is asked to confirm. */
  async function askDrill(): Promise<void> {
    if (await attempt(readRoster)) patch({ dialog: { kind: "drill" } });
  }

  function openRule(rule: AlertRule | null): void {
    const { id, ...draft } = rule ?? { id: null, ...NEW_RULE };
    patch({ ruleDraft: draft, dialog: { kind: "rule", rule: id } });
  }

  /** The map takes the page until the area is drawn; the form then goes on where it was. */
  function drawRuleArea(ruleDraft: NewRule): void {
    patch({ ruleDraft });
    store.set({ drawing: EMPTY });
  }

  function areaDrawn(area: Area | null): void {
    const { ruleDraft } = desk();
    if (ruleDraft) patch({ ruleDraft: { ...ruleDraft, area } });
  }

  return {
    patch, go, askDrill, openRule, drawRuleArea, areaDrawn, follow, enter, read, listChanged, act, editSuggested, addMask,
    removeMask: (id: string) => perform(() => deskApi.removeMask(id), { key: "said.mask_removed" }),
    report: (report: NewFireReport) =>
      perform(() => deskApi.report(slug(), report), { key: "said.reported" }),
    addShift: (shift: NewShift) => perform(() => deskApi.addShift(slug(), shift), { key: "said.shift_added" }),
    removeShift: (id: string) => perform(() => deskApi.removeShift(id), { key: "said.shift_removed" }),
    putPlan: (steps: CallStep[]) => perform(() => deskApi.putCallPlan(slug(), steps).then(() => patch({ planDraft: null })), { key: "said.plan" }),
    addWebhook: (name: string, url: string) =>
      perform(async () => {
        const webhook = await deskApi.addWebhook(slug(), { name, url, language: store.state.language });
        patch({ issued: webhook });
      }, { key: "said.webhook" }),
    saveRule: (id: string | null, rule: NewRule) =>
      perform(() => (id ? deskApi.putRule(id, rule) : deskApi.addRule(slug(), rule)), { key: "said.rule" }),
    removeRule: (id: string) => perform(() => deskApi.removeRule(id), { key: "said.rule_removed" }),
    saveGate: (deployment: string, least: Partial<Record<DangerClass, number>>) =>
      perform(() => deskApi.putGate(deployment, least).then(() => patch({ gateOf: null })), { key: "said.gate" }),
    removeGate: (deployment: string) =>
      perform(() => deskApi.removeGate(deployment).then(() => patch({ gateOf: null })), { key: "said.gate_removed" }),
    bringWeather: (file: File) =>
      perform(async () => patch({ brought: { kind: "weather", answer: await deskApi.importWeather(slug(), file) } }), null),
    bringHotspots: (file: File) =>
      perform(async () => patch({ brought: { kind: "hotspots", answer: await deskApi.importHotspots(slug(), file) } }), null),
    showHeld: () => {
      go("incidents");
      patch({ filter: "held" });
    },
    startDrill: async (drill: NewDrill) => {
      let started: string | null = null;
      await perform(async () => {
        started = (await deskApi.startDrill(slug(), drill)).id;
      }, null);
      if (started) go("drills", started);
    },
    endDrill: (id: string) => perform(() => deskApi.endDrill(id), { key: "said.drill_ended" }),
    addDevice: (device: Parameters<typeof deskApi.addDevice>[0]) =>
      perform(() => deskApi.addDevice(device), { key: "said.device_added" }),
    removeDevice: (id: string) => perform(() => deskApi.removeDevice(id), { key: "said.device_removed" }),
    testDevice: (id: string) => perform(() => deskApi.testDevice(id), { key: "said.test_sent" }),
    placeChosen: (picked: LonLat) => patch({ picked, picking: null }),
  };
}
