/** Where one is on the fire desk, as the address says it: `#fire/masks/0197…?incident=0198…`. Pure. */
export const SECTIONS = ["incidents", "roster", "wildlife", "masks", "danger", "drills", "devices"] as const;
export type Section = (typeof SECTIONS)[number];

export interface DeskRoute {
  readonly section: Section;
  /** Of the incident, the camera's deployment or the drill on show. */
  readonly id: string | null;
  /** The false alarm from which a mask grows. */
  readonly incident: string | null;
}

export const DESK_START: DeskRoute = { section: "incidents", id: null, incident: null };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is not understood is left aside: an address can be old, or cut off. */
export function readDeskRoute(hash: string): DeskRoute {
  const [path, query] = hash.replace(/^#/, "").split("?", 2) as [string, string | undefined];
  const [page, section, id] = path.split("/");
  if (page !== "fire") return DESK_START;
  const known = SECTIONS.find((one) => one === section) ?? "incidents";
  return { section: known, id: uuid(id), incident: uuid(new URLSearchParams(query).get("incident")) };
}

export function writeDeskRoute({ section, id, incident }: DeskRoute): string {
  const path = section === "incidents" && !id ? "#fire" : `#fire/${section}${id ? `/${id}` : ""}`;
  return incident ? `${path}?incident=${incident}` : path;
}

function uuid(text: string | null | undefined): string | null {
  return text && UUID.test(text) ? text : null;
}
