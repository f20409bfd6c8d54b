/** What the map asks for first, asked while its script, a megabyte, is still on its way. */
import { api } from "./client";
import { finishLeaving } from "./phone/leave";
import type { Account, Reserve } from "./wire";

export interface First {
  readonly account: Promise<Account>;
  readonly reserves: Promise<Reserve[]>;
}

let asked: First | null = null;

/** Both at once; who is not signed in gets neither. */
export function askFirst(): First {
  const left = finishLeaving();
  asked = { account: left.then(() => api.me({ quiet401: true })), reserves: left.then(() => api.reserves({ quiet401: true })) };
  for (const one of [asked.account, asked.reserves]) one.catch(() => {}); // told of by whoever waits for it
  return asked;
}

/** What was asked early, once: it grows old. */
export function first(): First {
  const found = asked ?? askFirst();
  asked = null;
  return found;
}
