/** What was done on the phone and has not reached the cloud yet. It lies in IndexedDB, so that it survives a reload, a
 * closed app and an empty battery; page and service worker share it. Every entry carries the id that the cloud will
 * know it by: sent twice, it counts once. */
import type { ActionKind, Reason, State } from "./wire";

export type Work =
  | { readonly kind: "action"; readonly action: ActionKind; readonly note?: string; readonly reason?: Reason }
  | {
      readonly kind: "picture"; readonly jpeg: ArrayBuffer; readonly note?: string;
      readonly at?: readonly [lon: number, lat: number];
    };

/** Why the cloud would not have it. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
  /** The incident's state then, and what may be done instead; null where the cloud did not say. */
  readonly state: State | null;
  readonly may: readonly ActionKind[];
}

export interface Entry {
  readonly id: string;
  /** Whose: nobody else who signs in on this phone sees or sends it. */
  readonly account: string;
  readonly incident: string;
  /** When it was done, ISO 8601 UTC: perhaps hours before it is sent. */
  readonly done_at: string;
  readonly work: Work;
  readonly refused: Refusal | null;
}

/** A delivery's receipt that could not be sent; the secret vouches for it, no log-in is needed. */
export interface Receipt {
  readonly delivery: string;
  readonly secret: string;
  readonly event: "delivered" | "opened";
  readonly at: string;
}

export interface Outbox {
  add(entry: Entry): Promise<void>;
  /** In the order in which it was done. */
  all(): Promise<Entry[]>;
  drop(id: string): Promise<void>;
  refuse(id: string, refusal: Refusal): Promise<void>;
  addReceipt(receipt: Receipt): Promise<void>;
  receipts(): Promise<Receipt[]>;
  dropReceipt(receipt: Receipt): Promise<void>;
  /** Who is signed in on this phone, by id: the service worker answers in their name. */
  account(): Promise<string | null>;
  setAccount(id: string | null): Promise<void>;
}

const NAME = "fieldwatch.phone";

/** Throws a DOMException where the browser keeps nothing (private windows of some, a full disk). */
export async function openOutbox(factory: IDBFactory = indexedDB): Promise<Outbox> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = factory.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("work", { keyPath: "n", autoIncrement: true }).createIndex("id", "id");
      request.result.createObjectStore("receipts", { keyPath: ["delivery", "event"] });
      request.result.createObjectStore("facts");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });
  // A newer version of the app in another tab must not wait for this one.
  database.onversionchange = () => database.close();

  /** Runs `use` in one transaction; resolves once it is safely on disk. */
  async function within<T>(store: string, use: (store: IDBObjectStore) => IDBRequest<T> | void): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(store, "readwrite", { durability: "strict" });
      const request = use(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request?.result as T);
      transaction.onabort = transaction.onerror = () => reject(transaction.error!);
    });
  }
  /** Replaces the entry by what `change` makes of it; null: by nothing. */
  async function amend(id: string, change: (entry: Entry) => Entry | null): Promise<void> {
    await within<IDBCursorWithValue | null>("work", (store) => {
      store.index("id").openCursor(IDBKeyRange.only(id)).onsuccess = (event) => {
        const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result;
        const changed = cursor && change(cursor.value as Entry);
        if (cursor) changed ? cursor.update(changed) : cursor.delete();
      };
    });
  }
  return {
    add: async (entry) => void (await within("work", (store) => store.add(entry))),
    all: () => within("work", (store) => store.getAll() as IDBRequest<Entry[]>),
    drop: (id) => amend(id, () => null),
    refuse: (id, refused) => amend(id, (entry) => ({ ...entry, refused })),
    addReceipt: async (receipt) => void (await within("receipts", (store) => store.put(receipt))),
    receipts: () => within("receipts", (store) => store.getAll() as IDBRequest<Receipt[]>),
    dropReceipt: async ({ delivery, event }) =>
      void (await within("receipts", (store) => store.delete([delivery, event]))),
    account: async () => (await within("facts", (store) => store.get("account") as IDBRequest<string | undefined>)) ?? null,
    setAccount: async (id) => void (await within("facts", (store) => store.put(id, "account"))),
  };
}
