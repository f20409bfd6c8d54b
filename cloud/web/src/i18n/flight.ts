/** What a flight's density takes for granted, in the page's language: the API says it in English sentences. */
import { en, type Key } from "./en";
import type { Translate } from "./index";

const KEYS = (Object.keys(en) as Key[]).filter((key) => key.startsWith("flight.assume."));

/** A sentence of a later API, which is not known here, stays as it is. */
export function flightAssumption(sentence: string, t: Translate): string {
  const key = KEYS.find((one) => en[one] === sentence);
  return key ? t(key) : sentence;
}
