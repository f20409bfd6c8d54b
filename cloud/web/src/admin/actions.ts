/** What administration does: it reads what its section shows, and carries out what a manager decides. */
import { ApiError } from "../client";
import { deskApi } from "../desk/api";
import type { NewShift } from "../desk/wire";
import type { AppTools } from "../pages";
import { EMPTY } from "../polygon";
import { knownZone } from "../time";
import type { Area, Reserve } from "../wire";
import { adminApi } from "./api";
import { address, readRoute, type Section } from "./route";
import { emptyAdmin, wrongFields, type AdminState } from "./state";
import type { Correction, LandKind, NewPerson, Person, RetentionRule, Role, ZoneShape } from "./wire";

export type AdminActions = ReturnType<typeof createAdminActions>;

export interface NewCamera {
  readonly name: string;
  /** An existing node's id, or the one to be made. */
  readonly node: string;
  readonly makeNode: boolean;
  readonly lon: number;
  readonly lat: number;
  readonly heading: number | null;
  readonly fieldOfView: number | null;
  readonly height: number | null;
  readonly distance: number | null;
  /** A flight: it stands nowhere, and has its first picture after this instant, as ISO 8601; null: a camera that stands. */
  readonly flownAfter: string | null;
}

export function createAdminActions({ store, actions, failureOf, redraw }: AppTools) {
  let state: AdminState = emptyAdmin(readRoute(location.hash));
  const slug = () => store.state.reserve?.slug ?? "";

  function patch(change: Partial<AdminState>): void {
    state = { ...state, ...change };
    redraw();
  }

  // Where one is --------------------------------------------------------------------------------------

  function go(section: Section, id: string | null = null): void {
    location.hash = address(section, id);
  }

  function follow(): void {
    const route = readRoute(location.hash);
    const same = state.route.section === route.section;
    const { people, retention, sources, log, nodes, code } = state;
    state = { ...emptyAdmin(route), ...(same ? { people, retention, sources, log, nodes, code, said: state.said, link: state.link } : {}) };
    void look();
  }

  async function look(): Promise<void> {
    patch({ reading: true });
    await attempt(read);
    patch({ reading: false });
  }

  /** What the section on show needs. */
  async function read(): Promise<void> {
    const { section, id } = state.route;
    const reserve = slug();
    if (!reserve) return;
    if (section === "reserve") patch({ basemap: await adminApi.basemap(reserve) });
    else if (section === "people") patch({ people: await adminApi.people(reserve) });
    else if (section === "start") {
      const [people, retention, onDuty] = await Promise.all([
        adminApi.people(reserve), adminApi.retention(reserve), deskApi.onDuty(reserve),
      ]);
      patch({ people, retention, onDuty });
    } else if (section === "retention") patch({ retention: await adminApi.retention(reserve) });
    else if (section === "sources") patch({ sources: await adminApi.sources(reserve) });
    else if (section === "nodes") patch({ nodes: await adminApi.nodes(reserve) });
    else if (section === "record") patch({ log: await adminApi.log(reserve) });
    else if (section === "zones") {
      const [overlaps, people, onDuty] = await Promise.all([
        adminApi.overlaps(reserve), adminApi.people(reserve), deskApi.onDuty(reserve),
      ]);
      patch({ overlaps, people, onDuty });
    } else if (section === "cameras") {
      const history = id && id !== "new" ? (await adminApi.log(reserve, { subject: id }).catch(() => null))?.items : null;
      const sources = await adminApi.sources(reserve);
      patch({ sources, history: history ?? [] });
    }
  }

  // Doing ---------------------------------------------------------------------------------------------

  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      patch({ failure: failureOf(error), wrong: error instanceof ApiError ? wrongFields(error.problem) : {} });
      return false;
    }
  }

  /** Carries something out once, says so, and reads the section anew. */
  async function perform(work: () => Promise<unknown>, said: AdminState["said"], then: () => void = () => {}): Promise<boolean> {
    if (state.busy) return false;
    patch({ busy: true, failure: null, wrong: {}, said: null });
    const done = await attempt(work);
    patch({ busy: false, ...(done ? { said, dirty: false, question: null } : {}) });
    if (!done) return false;
    then();
    await attempt(read);
    return true;
  }

  const places = () => actions.readAll(slug());

  async function saveReserve(body: Parameters<typeof adminApi.changeReserve>[1]): Promise<void> {
    await perform(async () => {
      const changed: Reserve = await adminApi.changeReserve(slug(), body);
      const reserve = { ...changed, timezone: knownZone(changed.timezone) };
      store.set(({ reserves }) => ({ reserve, reserves: reserves.map((one) => (one.slug === reserve.slug ? reserve : one)) }));
      patch({ area: null });
    }, { key: "admin.said.reserve" });
  }

  /** The map takes the page until the area is drawn. */
  function draw(drawingFor: "boundary" | "zone"): void {
    patch({ drawingFor });
    store.set({ drawing: EMPTY, drawRefusal: null });
  }

  function areaDrawn(area: Area | null): void {
    const { drawingFor } = state;
    patch({ area, drawingFor: null, dirty: true });
    if (drawingFor === "zone" && state.route.id === null) startNew("zones", { area });
  }

  /** Opens the form of something new with what the map has just given for it. */
  function startNew(section: Section, given: Partial<AdminState>): void {
    history.pushState(null, "", address(section, "new"));
    patch({ route: { section, id: "new" }, said: null, failure: null, wrong: {}, dirty: true, issued: null, history: [], ...given });
  }

  async function readFile(file: File): Promise<void> {
    if (state.busy) return;
    patch({ busy: true, failure: null, said: null });
    await attempt(async () => {
      const areas = await adminApi.areas(file);
      if (state.route.section === "reserve") {
        if (areas.length !== 1) throw new ApiError(422, `${file.name}: ${areas.length} areas; a boundary is one`);
        patch({ area: areas[0]!.geometry, dirty: true });
        return;
      }
      const stem = file.name.replace(/\.[^.]*$/, "");
      const read = areas.map(({ name, name_zh, geometry }, i) => ({
        name: name ?? (areas.length === 1 ? stem : `${stem} ${i + 1}`), name_zh: name_zh ?? "", area: geometry, take: true,
      }));
      if (read.length === 1) startNew("zones", { area: read[0]!.area, read });
      else patch({ read, dirty: true });
    });
    patch({ busy: false });
  }

  const addZones = (zones: readonly ZoneShape[]) =>
    perform(async () => {
      await adminApi.addZones(slug(), zones);
      await places();
      patch({ area: null, read: null });
    }, { key: "admin.said.zones", values: { n: zones.length } }, () => leaveForm("zones"));

  const putZone = (id: string, zone: ZoneShape) =>
    perform(async () => {
      await adminApi.putZone(id, zone);
      await places();
      patch({ area: null });
    }, { key: "admin.said.zone" }, () => leaveForm("zones"));

  /** Back to the list; what was said stays. */
  function leaveForm(section: Section): void {
    history.replaceState(null, "", address(section));
    patch({ route: { section, id: null }, area: null, read: null, at: null, dirty: false });
  }

  const addShift = (shift: NewShift) => perform(() => deskApi.addShift(slug(), shift), { key: "admin.said.shift" });

  // Cameras -------------------------------------------------------------------------------------------

  /** The map takes the page until a place was pointed at. */
  function pick(): void {
    actions.desk.patch({ picking: "place", picked: null });
  }

  function placeChosen(at: [number, number]): void {
    actions.desk.patch({ picked: null, picking: null });
    if (state.route.id === "new") patch({ at, dirty: true });
    else startNew("cameras", { at });
  }

  async function addCamera(camera: NewCamera): Promise<void> {
    let password: string | null = state.issued?.node === camera.node ? state.issued.password : null;
    let made: string | null = null;
    const done = await perform(async () => {
      // A node that was made before the rest failed is not made twice.
      if (camera.makeNode && state.issued?.node !== camera.node) {
        password = (await adminApi.addNode(slug(), { id: camera.node, name: camera.name })).mqtt_password ?? null;
        patch({ issued: { node: camera.node, password, deployment: null, heading: null, fieldOfView: null } });
      }
      made = (await adminApi.addDeployment(slug(), {
        node_id: camera.node, location_name: camera.name, longitude: camera.lon, latitude: camera.lat,
        heading_deg: camera.heading, field_of_view_deg: camera.fieldOfView, height_m: camera.height,
        detection_distance_m: camera.distance,
        moves: camera.flownAfter !== null, started_at: camera.flownAfter,
      })).id;
      await places();
    }, { key: camera.flownAfter ? "admin.said.flight" : "admin.said.camera", values: { name: camera.name } }, () => leaveForm("cameras"));
    if (!done) return;
    const flies = camera.flownAfter !== null;
    patch({ issued: { node: camera.node, password, deployment: made, heading: camera.heading, fieldOfView: camera.fieldOfView, flies } });
  }

  const correct = (id: string, body: Partial<Omit<Correction, "id">>) =>
    perform(async () => {
      await adminApi.correct(id, body);
      await places();
    }, { key: "admin.said.corrected" });

  const endCamera = (id: string) =>
    perform(async () => {
      await adminApi.endDeployment(slug(), id);
      await places();
    }, { key: "admin.said.ended" }, () => leaveForm("cameras"));

  const renewNode = (node: string) =>
    perform(async () => {
      const { mqtt_password } = await adminApi.renewNode(node);
      patch({ issued: { node, password: mqtt_password, deployment: null, heading: null, fieldOfView: null } });
    }, { key: "admin.said.node_password" });

  // Nodes ---------------------------------------------------------------------------------------------

  const addNode = (id: string, name: string) =>
    perform(async () => {
      const { enrolment } = await adminApi.enrolNode(slug(), { id, name });
      patch({ code: enrolment ? { node: id, name, enrolment } : null });
    }, null, () => leaveForm("nodes"));

  const newCode = (node: string, name: string) =>
    perform(async () => {
      patch({ code: { node, name, enrolment: await adminApi.newCode(node) } });
    }, null);

  const revokeNode = (node: string) =>
    perform(async () => {
      await adminApi.revokeNode(node);
      patch({ code: null });
    }, { key: "admin.said.revoked", values: { node } });

  // People --------------------------------------------------------------------------------------------

  const addPerson = (person: NewPerson) =>
    perform(async () => {
      const { link } = await adminApi.addPerson(person);
      patch({ link: { name: person.name, email: person.email, link } });
    }, null, () => leaveForm("people"));

  const newLink = (person: Person, tokens: boolean) =>
    perform(async () => {
      patch({ link: { name: person.name, email: person.email, link: await adminApi.newLink(person.id, tokens) } });
    }, null);

  return {
    get state() {
      return state;
    },
    patch, go, follow, saveReserve, draw, areaDrawn, readFile, addZones, putZone, addShift, pick, placeChosen, addCamera, correct,
    endCamera, renewNode, addNode, newCode, revokeNode, addPerson, newLink, leaveForm,
    cancelPicking: () => actions.desk.patch({ picking: null, picked: null }),
    putLayer: (kind: LandKind, file: File) =>
      perform(async () => {
        await adminApi.putLayer(slug(), kind, file);
      }, { key: "admin.said.layer_loaded" }),
    removeLayer: (kind: LandKind) => perform(() => adminApi.removeLayer(slug(), kind), { key: "admin.said.layer_removed" }),
    contours: () => perform(() => adminApi.contours(slug()), { key: "admin.said.layer_loaded" }),
    deleteZone: (id: string) =>
      perform(async () => {
        await adminApi.deleteZone(id);
        await places();
      }, { key: "admin.said.zone_deleted" }, () => leaveForm("zones")),
    setRoles: (person: Person, roles: readonly Role[]) =>
      perform(() => adminApi.setRoles(person.id, slug(), roles), { key: "admin.said.roles", values: { name: person.name } }, () => leaveForm("people")),
    changePerson: (person: Person, body: Parameters<typeof adminApi.changePerson>[1]) =>
      perform(() => adminApi.changePerson(person.id, body), { key: "admin.said.person", values: { name: body.name ?? person.name } }),
    savePerson: (person: Person, body: { name: string; language: string }, roles: readonly Role[]) =>
      perform(async () => {
        if (person.changeable && (body.name !== person.name || body.language !== person.language)) {
          await adminApi.changePerson(person.id, body);
        }
        await adminApi.setRoles(person.id, slug(), roles);
      }, { key: "admin.said.person", values: { name: body.name } }, () => leaveForm("people")),
    askRetention: async (rules: readonly RetentionRule[]) => {
      if (state.busy) return;
      patch({ busy: true, failure: null, said: null });
      await attempt(async () => {
        patch({ question: { kind: "retention", rules, preview: await adminApi.preview(slug(), rules) } });
      });
      patch({ busy: false });
    },
    putRetention: (rules: readonly RetentionRule[]) =>
      perform(() => adminApi.putRetention(slug(), rules), { key: "admin.said.retention" }),
    replay: () => perform(async () => patch({ replayed: await adminApi.replay(slug()) }), null),
    olderLog: () =>
      attempt(async () => {
        const known = state.log!;
        const older = await adminApi.log(slug(), { before: String(known.next_before) });
        patch({ log: { items: [...known.items, ...older.items], next_before: older.next_before } });
      }),
    saveMe: (body: { name: string; language: string }) =>
      perform(async () => store.set({ account: await adminApi.changeMe(body) }), { key: "admin.said.me" }),
    changePassword: (old: string, fresh: string) =>
      perform(() => adminApi.changePassword(old, fresh), { key: "admin.said.password" }),
  };
}
