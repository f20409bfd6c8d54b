/** A wildlife rule before anybody has filled it in. */
import type { NewRule } from "./wire";

export const NEW_RULE: NewRule = {
  name: "", name_zh: null, scientific_names: [], area: null, least_confidence: 0.5, least_count: 1, cooldown_s: 1800,
  quiet_from: null, quiet_to: null, whom: "duty", enabled: true,
};
