/** One camera, or the list of all. What the live stream tells of cameras is on show at once; the rest is read. */
import "../styles/side.css";
import "../styles/species.css";
import "../styles/camera.css";
import type { CreatePage } from "../pages";
import type { EffortCalendar } from "../research/wire";
import { sideApi } from "../side/api";
import { createReading } from "../side/reading";
import type { LatestPicture, Observations } from "../side/wire";
import { cameraIndex, SHOWN_AT_ONCE } from "../ui/camera/list";
import { cameraPage, type CameraParts } from "../ui/camera/page";
import { SENSOR_DAYS, type NodeSensors } from "../ui/camera/sensors";
import { WEEKS } from "./calendar";
import type { LineReport } from "./line";
import type { PowerHistory } from "./power";
import { readCamera, type CameraRoute } from "./route";

const LATELY = 12;
const DAY = 86_400_000;

export const createPage: CreatePage = (tools) => {
  const { store } = tools;
  let route: CameraRoute = readCamera("");
  let list = { find: "", shown: SHOWN_AT_ONCE };
  const parts: CameraParts = {
    latest: createReading<LatestPicture | null>(tools),
    effort: createReading<EffortCalendar>(tools),
    lately: createReading<Observations>(tools),
    power: createReading<PowerHistory>(tools),
    line: createReading<LineReport>(tools),
    sensors: createReading<NodeSensors | null>(tools),
  };

  // What this camera has just seen, or a picture that has just come.
  store.subscribe((state, before) => {
    if (!route.id || state.page !== "camera" || state.observations === before.observations) return;
    if (state.observations[0]?.deployment_id === route.id) readSeen(true);
  });

  function read(): void {
    const slug = store.state.reserve?.slug;
    if (!slug || !route.id) return;
    const { id } = route;
    readSeen(false);
    const to = new Date(Math.ceil(Date.now() / 60_000) * 60_000);
    const from = new Date(to.getTime() - WEEKS * 7 * DAY);
    const power = sideApi.power(id);
    void parts.power.read(() => power);
    void parts.line.read(() => sideApi.line(id));
    void parts.sensors.read(async () => sensorsOf(slug, (await power).node, to));
    void parts.effort.read(() => sideApi.effortOf(slug, id, from.toISOString(), to.toISOString()));
  }

  /** A week of all that the camera's node measures; null: it has no sensors. */
  async function sensorsOf(slug: string, node: string | null, to: Date): Promise<NodeSensors | null> {
    if (!node) return null;
    const station = (await sideApi.sensors(slug)).items.find((one) => one.node === node);
    if (!station) return null;
    const from = new Date(to.getTime() - SENSOR_DAYS * DAY).toISOString();
    const quantities = [...new Set(station.newest.map((one) => one.quantity))];
    const week = await Promise.all(quantities.map((one) => sideApi.readings(node, one, from, to.toISOString())));
    return { station, week };
  }

  function readSeen(keep: boolean): void {
    const slug = store.state.reserve?.slug;
    const { id } = route;
    if (!slug || !id) return;
    void parts.latest.read(() => sideApi.latest(id), keep);
    void parts.lately.read(() => sideApi.seenAt(slug, id, LATELY), keep);
  }

  return {
    follow(hash) {
      const next = readCamera(hash);
      if (next.show !== route.show) list = { ...list, shown: SHOWN_AT_ONCE };
      route = next;
      Object.values(parts).forEach((one) => one.forget());
      read();
    },
    leave() {
      route = readCamera("");
      Object.values(parts).forEach((one) => one.forget());
    },
    template: (view) => (route.id
      ? cameraPage(view, route.id, parts, read)
      : cameraIndex(view, route.show, list, (change) => {
        list = { ...list, ...change };
        tools.redraw();
      })),
  };
};
