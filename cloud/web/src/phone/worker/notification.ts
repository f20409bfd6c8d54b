/** What a push looks like as a notification. Pure. */
import { PUSH_WORDS } from "../../i18n/push";
import type { Push } from "../wire";

export interface Shown {
  title: string;
  // TypeScript's NotificationOptions knows only what every browser has.
  options: {
    body: string; lang: string; tag: string; icon: string; badge: string; timestamp: number; data: Push;
    requireInteraction: boolean; renotify: boolean; silent: boolean;
    vibrate?: number[]; actions: { action: "acknowledge" | "open"; title: string }[];
  };
}

/** The push as the cloud wrote it; null where it is of a later version or none of ours. */
export function readPush(text: string | null): Push | null {
  try {
    const push = JSON.parse(text ?? "null") as Partial<Push> | null;
    return push && typeof push.title === "string" && typeof push.delivery === "string" ? (push as Push) : null;
  } catch {
    return null;
  }
}

export function notificationOf(push: Push): Shown {
  const words = PUSH_WORDS[push.lang === "zh" ? "zh" : "en"];
  const calls = push.incident !== null && (push.kind === "fire" || push.kind === "escalation");
  const open = { action: "open", title: words.open } as const;
  return {
    title: push.title,
    options: {
      body: push.body,
      lang: push.lang === "zh" ? "zh-CN" : "en-GB",
      // The same fire again replaces its notification, and is heard again where it calls.
      tag: push.tag,
      renotify: push.urgent || push.kind === "test",
      requireInteraction: push.urgent,
      silent: false,
      icon: "/icon-192.png",
      badge: "/badge.png",
      timestamp: Date.parse(push.at),
      data: push,
      ...(push.urgent ? { vibrate: [500, 200, 500, 200, 500, 200, 1000] } : {}),
      actions: calls ? [{ action: "acknowledge", title: words.acknowledge }, open] : push.incident ? [open] : [],
    },
  };
}

/** The address below ours that a push opens; anything else would be somebody else's. */
export function targetOf(push: Push): string {
  return push.url.startsWith("/#") ? push.url : push.incident ? `/#incident/${push.incident}` : "/#phone";
}
