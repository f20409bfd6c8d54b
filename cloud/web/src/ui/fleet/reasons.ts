/** What the cloud's rules say of a node of a roll-out, in the page's language. A node's own words stay as they are. */
import type { Key, Translate } from "../../i18n";

const SENTENCES: readonly (readonly [RegExp, Key])[] = [
  [/^it never had it$/, "fleet.reason.never_had"],
  [/^it was away already$/, "fleet.reason.away"],
  [/^it is back$/, "fleet.reason.back"],
  [/^it was away for too long$/, "fleet.reason.too_long"],
  [/^it did not say in time that it is back$/, "fleet.reason.back_late"],
  [/^it fell silent since$/, "fleet.reason.silent"],
  [/^it did not say in time that it works by it$/, "fleet.reason.late"],
  [/^it says that it works by something else$/, "fleet.reason.else"],
  [/^the node went back by itself: (.*)$/s, "fleet.reason.went_back"],
  [/^the node refused it: (.*)$/s, "fleet.reason.refused"],
  [/^its cameras fare worse than before: (.*)$/, "fleet.reason.worse"],
  [/^it saw (\d+) animals, where (\d+) are usual at these hours$/, "fleet.reason.saw"],
  [/^it looked at (\d+) pictures, where (\d+) are usual at these hours$/, "fleet.reason.looked"],
  [/^too few animals on the days before to judge by them$/, "fleet.reason.too_few"],
  [/^a person took it back$/, "fleet.reason.person"],
];

export function reasonWords(t: Translate, reason: string | null): string {
  if (!reason) return "";
  // A stopped roll-out names its nodes first: `mast-01, mast-02: why`.
  const [, nodes = "", why] = /^([a-z0-9-]+(?:, [a-z0-9-]+)*: )?(.*)$/s.exec(reason)!;
  for (const [pattern, key] of SENTENCES) {
    const found = pattern.exec(why!);
    if (found) return nodes + t(key, { a: found[1] ?? "", b: found[2] ?? "" });
  }
  return reason;
}
