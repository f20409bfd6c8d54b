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
  check: "M9.6 18.2 3.8 12.4l1.6-1.600 4.2 4.200 9-9 1.6 1.600Z",
  trash: "M9 3h6l1 2h4v2H4V5h4ZM6 9h12l-1 12H7Zm3 2v8h1.600v-8Zm4.400 0v8H15v-8Z",
  eye: "M12 5c5 0 8.600 4 10 7-1.400 3-5 7-10 7s-8.600-4-10-7c1.400-3 5-7 10-7Zm0 2.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9Zm0 2.300a2.200 2.200 0 1 1 0 4.400a2.200 2.200 0 1 1 0-4.400Z",
  undo: "M9 5v4h5a6 6 0 0 1 0 12H8v-2h6a4 4 0 0 0 0-8H9v4l-6-5Z",
  redo: "M15 5v4h-5a6 6 0 0 0 0 12h6v-2h-6a4 4 0 0 1 0-8h5v4l6-5Z",
  left: "M15.600 5.400 9 12l6.600 6.600-1.400 1.400-8-8 8-8Z",
  right: "M8.400 5.400 15 12l-6.600 6.600 1.400 1.400 8-8-8-8Z",
  box: "M4 4h5v2H6v3H4ZM15 4h5v5h-2V6h-3ZM4 15h2v3h3v2H4ZM18 15h2v5h-5v-2h3ZM11 8h2v3h3v2h-3v3h-2v-3H8v-2h3Z",
  list: "M4 5h3v3H4ZM9 5.500h11v2H9ZM4 10.500h3v3H4ZM9 11h11v2H9ZM4 16h3v3H4ZM9 16.500h11v2H9Z",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18ZM12 5a7 7 0 1 1 0 14a7 7 0 1 1 0-14ZM11 8h2v4.200l3 1.800-1 1.700-4-2.400Z",
  file: "M11 3h2v9l3.300-3.300 1.400 1.400L12 15.800 6.300 10.100l1.400-1.400L11 12ZM4 17h2v2h12v-2h2v4H4Z",
  keys: "M2 6h20v12H2ZM4 8v8h16V8ZM6 9.500h2v2H6ZM9.500 9.500h2v2h-2ZM13 9.500h2v2h-2ZM16.500 9.500h1.500v2h-1.500ZM7.500 13h9v1.800h-9Z",
  polygon: "M5 3.5 20.5 6 18 20 6.5 17.500ZM7 6.2 8 15.800l8.5 1.800L18.2 7.800Z",
  bell: "M12 2.500a2 2 0 0 1 2 2v.3a6 6 0 0 1 4 5.700V15l2 2.500V18.500H4V17.500L6 15v-4.500a6 6 0 0 1 4-5.700v-.3a2 2 0 0 1 2-2ZM9.500 19.500h5a2.500 2.500 0 0 1-5 0Z",
  sent: "M3 11.500 21 3l-4.500 18-5-6.200 5-6.300-7 5.200Z",
  phone: "M7 2h10a1.500 1.500 0 0 1 1.500 1.500v17A1.500 1.500 0 0 1 17 22H7a1.500 1.500 0 0 1-1.500-1.500v-17A1.500 1.500 0 0 1 7 2ZM7.500 5v12h9V5ZM10.500 18.500v1.600h3v-1.600Z",
  warning: "M12 2.500 22.500 21h-21ZM11 9l.4 6h1.200l.4-6ZM11.100 16.500h1.800v1.800h-1.800Z",
  person: "M12 3.500a4 4 0 1 0 0 8a4 4 0 1 0 0-8ZM4 20.500c0-4.500 3.500-7 8-7s8 2.500 8 7Z",
  place: "M12 2a7 7 0 0 1 7 7c0 5-7 13-7 13S5 14 5 9a7 7 0 0 1 7-7ZM12 6.500a2.500 2.500 0 1 0 0 5a2.500 2.500 0 1 0 0-5Z",
} as const;
