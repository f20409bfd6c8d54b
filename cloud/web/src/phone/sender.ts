/** Brings the outbox to the cloud: in order, each entry once, and nothing is lost on the way. */
import { ApiError } from "../client";
import type { Incident } from "./wire";
import { isPassing, refusalOf } from "./cloud";
import type { Entry, Outbox, Receipt } from "./outbox";

export interface Ways {
  send(entry: Entry): Promise<Incident | null>;
  sendReceipt(receipt: Receipt): Promise<void>;
}

export interface Progress {
  sent(entry: Entry, incident: Incident | null): void;
  refused(entry: Entry): void;
}

/** "lost": no link, try again later; "signed_out": somebody must sign in first; "done": nothing waits any more. */
export type Outcome = "done" | "lost" | "signed_out";

/** Sends what `account` did. An entry that the cloud refuses stays, marked with the reason, for a person to decide
 * about; the ones behind it go on. The first that finds no link ends the round: later ones must not overtake it. So does
 * whoever signs out meanwhile, in whichever window: what is sent goes in the name of the session. */
export async function sendAll(outbox: Outbox, account: string | null, ways: Ways, progress: Progress): Promise<Outcome> {
  await sendReceipts(outbox, ways);
  for (let entry = await next(outbox, account); entry; entry = await next(outbox, account)) {
    if ((await outbox.account()) !== account) return "signed_out";
    try {
      const incident = await ways.send(entry);
      await outbox.drop(entry.id);
      progress.sent(entry, incident);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isPassing(error)) return error.status === 401 ? "signed_out" : "lost";
      await outbox.refuse(entry.id, refusalOf(error));
      progress.refused(entry);
    }
  }
  return "done";
}

async function next(outbox: Outbox, account: string | null): Promise<Entry | undefined> {
  return (await outbox.all()).find((one) => one.account === account && !one.refused);
}

/** Receipts tell who was reached; they never hold up what a ranger did. False where some still wait. */
export async function sendReceipts(outbox: Outbox, ways: Pick<Ways, "sendReceipt">): Promise<boolean> {
  for (const receipt of await outbox.receipts()) {
    try {
      await ways.sendReceipt(receipt);
    } catch (error) {
      if (isPassing(error)) return false; // of another kind: the delivery is gone, and its receipt with it
    }
    await outbox.dropReceipt(receipt);
  }
  return true;
}
