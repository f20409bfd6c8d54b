/** What was said and is not in the cloud yet. It lies in this browser until the cloud has it, through a lost
 * connection, a reload and the end of a session.
 *
 * One entry for each picture and account, so that two tabs do not overwrite each other's, and nobody's work is sent in
 * another person's name. */
import type { Label } from "../wire";

/** Said, and to be sent. */
export interface Unsent {
  readonly media_id: string;
  readonly reserve: string;
  /** The revision that the person saw. */
  readonly based_on: number;
  readonly labels: readonly Label[];
  /** When, in ms since 1970. */
  readonly at: number;
}

/** Worked on, and not said yet. */
export type Draft = Pick<Unsent, "based_on" | "labels">;

const PREFIX = "fieldwatch.review";

export interface Shelf {
  /** False where the browser keeps nothing (it is full, or forbids it). */
  keep(one: Unsent): boolean;
  drop(one: Unsent): void;
  /** Oldest first. */
  all(): Unsent[];
  draft(mediaId: string): Draft | null;
  /** null: there is none any more. */
  keepDraft(mediaId: string, draft: Draft | null): boolean;
  read<T>(name: string): T | null;
  write(name: string, value: unknown): boolean;
}

export function createShelf(account: string, storage: Storage = localStorage): Shelf {
  const path = (kind: string, id: string) => `${PREFIX}.${account}.${kind}.${id}`;

  function read<T>(key: string): T | null {
    try {
      return JSON.parse(storage.getItem(key) ?? "null") as T | null;
    } catch {
      return null; // another version's, or cut off by a full disk
    }
  }
  function write(key: string, value: unknown): boolean {
    try {
      if (value === null) storage.removeItem(key);
      else storage.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }
  return {
    keep: (one) => write(path("unsent", one.media_id), one),
    drop: (one) => {
      // What was said anew while this one was on its way stays.
      const now = read<Unsent>(path("unsent", one.media_id));
      if (now?.at === one.at) write(path("unsent", one.media_id), null);
    },
    all: () => {
      const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i)!);
      const mine = keys.filter((key) => key.startsWith(path("unsent", "")));
      return mine.flatMap((key) => read<Unsent>(key) ?? []).sort((a, b) => a.at - b.at);
    },
    draft: (mediaId) => read<Draft>(path("draft", mediaId)),
    keepDraft: (mediaId, draft) => write(path("draft", mediaId), draft),
    read: (name) => read(path("own", name)),
    write: (name, value) => write(path("own", name), value),
  };
}
