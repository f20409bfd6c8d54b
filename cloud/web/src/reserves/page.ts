/** Several reserves side by side, for a province or an agency: read when it is opened, and again every minute. */
import "../styles/side.css";
import "../styles/reserves.css";
import type { CreatePage } from "../pages";
import { sideApi } from "../side/api";
import { createReading } from "../side/reading";
import type { Overviews } from "../side/wire";
import { reservesPage } from "../ui/reserves/page";

const AGAIN = 60_000;

export const createPage: CreatePage = (tools) => {
  const reading = createReading<Overviews>(tools);
  let timer: ReturnType<typeof setInterval> | undefined;
  const read = (keep: boolean) => void reading.read(sideApi.overviews, keep);

  return {
    follow() {
      clearInterval(timer);
      timer = setInterval(() => document.visibilityState === "visible" && read(true), AGAIN);
      read(reading.value !== null);
    },
    leave() {
      clearInterval(timer);
      reading.forget();
    },
    template: (view) => reservesPage(view, reading, () => read(false)),
  };
};
