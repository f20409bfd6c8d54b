/** A link that asks the same question again, whenever it is opened: its span is fixed to the minute. */
import { copyText } from "../../copy";
import { writeResearch } from "../../research/address";
import { spanIn } from "../../research/question";
import { toWall } from "../../time";
import { zoneOf, type View } from "../view";

export async function copyLink({ state, actions }: View): Promise<void> {
  const copied = await copyText(permanent({ state }));
  actions.research.patch({ said: { key: copied ? "research.link_copied" : "count.copy_failed" } });
}

/** "30 days" would mean other days tomorrow. */
export function permanent({ state }: Pick<View, "state">): string {
  const zone = zoneOf(state);
  const { route } = state.research;
  const span = spanIn(route.question, { zones: state.zones, deployments: state.deployments, timezone: zone, now: Date.now() });
  const wall = (iso: string) => toWall(Date.parse(iso), zone);
  const question = span ? { ...route.question, span: { kind: "custom", from: wall(span.from), to: wall(span.to) } as const } : route.question;
  return location.origin + location.pathname + writeResearch({ ...route, question });
}
