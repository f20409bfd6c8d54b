/** The reserve at a glance: read when it is opened, again every minute, and whenever a fire changes. */
import "../styles/side.css";
import type { CreatePage } from "../pages";
import { sideApi } from "../side/api";
import { createReading } from "../side/reading";
import type { Overview } from "../side/wire";
import { overviewPage } from "../ui/overview/page";

const AGAIN = 60_000;

export const createPage: CreatePage = (tools) => {
  const reading = createReading<Overview>(tools);
  let timer: ReturnType<typeof setInterval> | undefined;

  function read(keep: boolean): void {
    const slug = tools.store.state.reserve?.slug;
    if (slug) void reading.read(() => sideApi.overview(slug), keep);
  }

  tools.store.subscribe((state, before) => {
    if (state.incidents !== before.incidents && reading.value) read(true);
  });

  return {
    follow() {
      clearInterval(timer);
      timer = setInterval(() => document.visibilityState === "visible" && read(true), AGAIN);
      read(false);
    },
    leave() {
      clearInterval(timer);
      reading.forget();
    },
    template: (view) => overviewPage(view, reading, () => read(false)),
  };
};
