/** Signing out, on the phone and in the control room alike: what one account may see must not stay for the next. */
import { ApiError } from "../client";
import { ask } from "./cloud";
import { forgetAll } from "./kept";
import { openOutbox, type Outbox } from "./outbox";
import { unsubscribe } from "./push";

/** Who was here last: so that what is kept can be read without a link. */
export const ACCOUNT = "fieldwatch.phone.account";
/** + incident: a note that is being written survives a reload. */
export const DRAFT = "fieldwatch.phone.draft.";
/** Somebody signed out, and the cloud does not know it yet. */
const LEAVING = "fieldwatch.leaving";

/** While the session still holds: this browser is called no more, and keeps nothing but what waits to be sent (that
 * waits for the same person to come back, and is shown to nobody else). */
export async function leave(): Promise<void> {
  await unsubscribe();
  await forget();
  await (await openOutbox().catch(() => null))?.setAccount(null);
}

/** Somebody signs in, on the phone or in the control room: what whoever was here before could see is gone, and what that
 * one did is not sent in this one's name. */
export async function arrive(account: string, outbox: Pick<Outbox, "setAccount"> | null): Promise<void> {
  const before = JSON.parse(localStorage.getItem(ACCOUNT) ?? "null") as { id: string } | null;
  if (before && before.id !== account) await forget();
  await outbox?.setAccount(account);
}

/** All that can be read of an account's reserves. */
export async function forget(): Promise<void> {
  await forgetAll();
  localStorage.removeItem(ACCOUNT);
  for (const key of Object.keys(localStorage)) if (key.startsWith(DRAFT)) localStorage.removeItem(key);
}

/** No script can delete the session's cookie: without a link it outlives the signing out. Throws `ApiError` then. */
export async function endSession(): Promise<void> {
  localStorage.setItem(LEAVING, "1");
  await ask("POST", "logout", {}).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 401)) throw error; // 401: it has ended by itself
  });
  localStorage.removeItem(LEAVING);
}

/** Before anything is asked in a session's name: whoever signed out without a link stays out. */
export async function finishLeaving(): Promise<void> {
  if (localStorage.getItem(LEAVING)) await endSession();
}
