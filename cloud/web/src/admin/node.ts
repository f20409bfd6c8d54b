/** What a node in the field needs to be told: its id, its file. Pure. */

/** An id for a node made of a place's name: a-z, 0-9 and single hyphens; "camera" where nothing is left of it. */
export function nodeId(name: string, taken: readonly string[]): string {
  const plain = name.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const base = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 50).replace(/-+$/, "") || "camera";
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(id)) return id;
  }
}

export interface NodeFile {
  readonly node: string;
  readonly reserve: string;
  readonly deployment: string;
  readonly heading: number | null;
  readonly fieldOfView: number | null;
  /** Name of the machine that the broker runs on, as the node reaches it. */
  readonly broker: string;
}

/** `node.toml` as `fieldwatch edge run` reads it; what cannot be known here is left to be filled in. */
export function nodeToml({ node, reserve, deployment, heading, fieldOfView, broker }: NodeFile): string {
  const line = (key: string, value: number | null) => (value === null ? [] : [`${key} = ${value}`]);
  return [
    "[node]",
    `id = "${node}"`,
    `reserve = "${reserve}"`,
    'state_dir = "/var/lib/fieldwatch-edge"',
    "",
    "[broker]",
    `url = "mqtts://${broker}:8883"`,
    'password_file = "mqtt.password"',
    "",
    "[[camera]]",
    `deployment_id = "${deployment}"`,
    ...line("heading_deg", heading),
    ...line("field_of_view_deg", fieldOfView),
    'source = { kind = "rtsp", url = "rtsp://192.168.1.20/stream1" }',
    "wildlife = {}",
    "fire = {}",
    "",
  ].join("\n");
}
