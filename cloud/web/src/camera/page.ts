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
import { WEEKS } from "./calendar";
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
    void parts.effort.read(() => sideApi.effortOf(slug, id, from.toISOString(), to.toISOString()));
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
