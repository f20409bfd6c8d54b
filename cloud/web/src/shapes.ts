/** Icon outlines on a 24 × 24 grid, as SVG path data: drawn on the map's canvas and in the page from one source. */
import type { HealthStatus } from "./wire";

export interface Shape {
  outline: string;
  mark: string;
}

/** A state has a shape of its own, so that it can be told without its colour. */
export const HEALTH_SHAPES: Readonly<Record<HealthStatus, Shape>> = {
  ok: {
    outline: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18Z",
    mark: "M12 8.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6Z",
  },
  attention: {
    outline: "M12 .8 23.2 12 12 23.2.8 12Z",
    mark: "M10.6 5.6h2.8l-.5 8.2h-1.8ZM10.6 15.4h2.8v2.8h-2.8Z",
  },
  silent: {
    outline: "M5 3.4h14A1.6 1.6 0 0 1 20.6 5v14a1.6 1.6 0 0 1-1.6 1.600H5A1.6 1.6 0 0 1 3.4 19V5A1.6 1.6 0 0 1 5 3.400Z",
    mark: "M8.2 6.6 6.6 8.2 10.4 12 6.6 15.8 8.2 17.4 12 13.600l3.8 3.8 1.6-1.600L13.6 12l3.8-3.8-1.6-1.600L12 10.400Z",
  },
  never_seen: {
    outline: "M12 2 20.7 7v10L12 22l-8.7-5V7ZM12 4.8 5.7 8.400v7.200L12 19.200l6.3-3.600V8.400Z",
    mark: "M12 10a2 2 0 1 0 0 4a2 2 0 1 0 0-4Z",
  },
  ended: {
    outline: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16ZM12 6a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z",
    mark: "M8 11h8v2H8Z",
  },
};

export const FIRE_SHAPES: Readonly<Record<"smoke" | "fire", string>> = {
  fire: "M12.2 1.500c.9 4.3 5.6 6.3 5.6 12.200a5.9 5.9 0 0 1-11.8.100c0-2.7 1.2-4.5 2.7-6 .1 2 .7 3.2 1.7 3.7.5-3.5-.3-6.3 1.8-10Z",
  smoke: "M6.6 19.500a4.7 4.7 0 0 1-.5-9.370A6.3 6.3 0 0 1 18 8.700a5.5 5.5 0 0 1-.4 10.800Z",
};

export const ICONS = {
  plus: "M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7Z",
  minus: "M4 11h16v2H4Z",
  fit: "M4 4h6v2H6v4H4ZM14 4h6v6h-2V6h-4ZM4 14h2v4h4v2H4ZM18 14h2v6h-6v-2h4Z",
  cross: "M6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12 19 6.4 17.6 5 12 10.600Z",
  chevron: "M12 15.6 5.4 9l1.4-1.4 5.2 5.2 5.2-5.200L18.6 9Z",
  polygon: "M5 3.5 20.5 6 18 20 6.5 17.500ZM7 6.2 8 15.800l8.5 1.800L18.2 7.800Z",
} as const;
