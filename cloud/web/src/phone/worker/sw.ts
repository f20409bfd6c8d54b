/** The service worker: shows pushes, vouches that they came, answers from the notification, and keeps the app's own
 * files so that it opens without a link. Built by `shell.ts` into /sw.js, which fills in what the shell is made of. */
/// <reference lib="webworker" />
import { PUSH_WORDS } from "../../i18n/push";
import { uuid } from "../../uuid";
import { ask, incidentUrl, send, sendReceipt } from "../cloud";
import { keep, keepIncident, kept, PICTURES } from "../kept";
import { openOutbox, type Entry, type Receipt } from "../outbox";
import { sendAll, sendReceipts } from "../sender";
import type { Incident, Push } from "../wire";
import { notificationOf, readPush, targetOf } from "./notification";

declare const self: ServiceWorkerGlobalScope;
declare const __SHELL_VERSION__: string;
declare const __SHELL_FILES__: readonly string[];

const SHELL = `fieldwatch.shell.${__SHELL_VERSION__}`;
const FILES = new Set(__SHELL_FILES__);
const NAVIGATION_PATIENCE = 1500; // ms until the app opens from what is kept
const SYNC = "fieldwatch.send";

// The app's files ------------------------------------------------------------------------------------

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

/** All files or none: a shell that lacks one must not replace a whole one. */
async function install(): Promise<void> {
  const cache = await caches.open(SHELL);
  await cache.addAll([...FILES].map((path) => new Request(path, path.startsWith("/assets/") ? {} : { cache: "no-cache" })));
  // Nobody is stranded with an old version: open pages keep running, and load anew when nothing is lost by it.
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith("fieldwatch.shell.") && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/") event.respondWith(navigation(request));
  } else if (FILES.has(url.pathname)) event.respondWith(shellFile(request, url.pathname));
  else if (isSmallPicture(url)) event.respondWith(picture(request));
});

/** The newest page where the link is good; what is kept where it is not. */
async function navigation(request: Request): Promise<Response> {
  const own = await (await caches.open(SHELL)).match("/");
  if (!own) return await fetch(request);
  const patience = new Promise<Response>((resolve) => setTimeout(resolve, NAVIGATION_PATIENCE, own));
  return await Promise.race([fetch(request).then((answer) => (answer.ok ? answer : own)).catch(() => own), patience]);
}

async function shellFile(request: Request, path: string): Promise<Response> {
  return (await (await caches.open(SHELL)).match(path)) ?? (await fetch(request));
}

function isSmallPicture({ pathname, searchParams }: URL): boolean {
  return searchParams.has("width") && /^\/api\/v1\/(media|incidents\/[^/]+\/pictures)\/[^/]+$/.test(pathname);
}

async function picture(request: Request): Promise<Response> {
  const known = await kept(PICTURES, request.url);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.status === 200) await keep(PICTURES, request.url, answer.clone()).catch(() => {});
  return answer;
}

// Pushes -----------------------------------------------------------------------------------------------

self.addEventListener("push", (event) => event.waitUntil(pushed(event.data?.text() ?? null)));
self.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event.notification, event.action)));
self.addEventListener("sync", (event) => {
  const { tag, waitUntil } = event as ExtendableEvent & { tag: string }; // Chromium's alone: TypeScript knows none
  if (tag === SYNC) waitUntil.call(event, sendWaiting(true));
});

async function pushed(text: string | null): Promise<void> {
  const push = readPush(text);
  if (!push) {
    // A browser that is shown nothing after a push takes the permission away.
    await self.registration.showNotification("Fieldwatch", { body: "…", data: null });
    return;
  }
  const { title, options } = notificationOf(push);
  await self.registration.showNotification(title, options);
  await tellPages({ type: "push", push });
  await Promise.allSettled([receipt(push, "delivered"), readAhead(push)]);
}

/** The incident is there already when the ranger opens it where there is no link. */
async function readAhead({ incident }: Push): Promise<void> {
  if (incident) await keepIncident((await (await ask("GET", incidentUrl(incident))).json()) as Incident, Date.now());
}

async function receipt({ delivery, secret }: Push, event: Receipt["event"]): Promise<void> {
  const outbox = await openOutbox();
  await outbox.addReceipt({ delivery, secret, event, at: new Date().toISOString() });
  if (!(await sendReceipts(outbox, { sendReceipt }))) await later();
}

async function clicked(notification: Notification, action: string): Promise<void> {
  const push = notification.data as Push | null;
  const answers = action === "acknowledge" && push?.incident;
  // An answered one is replaced, not closed: both go by its tag, and a late close would take its successor along.
  if (!answers) notification.close();
  // The window first: a browser allows it for a moment only.
  const opened = answers ? acknowledge(push) : open(push ? targetOf(push) : "/#phone");
  await Promise.allSettled([opened, ...(push ? [receipt(push, "opened")] : [])]);
}

async function open(target: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const phone = windows.find((one) => /#(phone|incident)/.test(one.url));
  if (!phone) {
    await self.clients.openWindow(target);
    return;
  }
  phone.postMessage({ type: "open", hash: target.slice(1) });
  await phone.focus();
}

async function acknowledge(push: Push): Promise<void> {
  const outbox = await openOutbox();
  const account = await outbox.account();
  const words = PUSH_WORDS[push.lang === "zh" ? "zh" : "en"];
  const { title, options: { vibrate: _, ...quiet } } = notificationOf(push); // what is silent must not vibrate either
  const say = (body: string) =>
    self.registration.showNotification(title, {
      ...quiet, body, renotify: false, silent: true, actions: [], requireInteraction: body !== words.acknowledged,
    } as NotificationOptions);
  if (!account) return await say(words.sign_in);
  const entry: Entry = {
    id: uuid(), account, incident: push.incident!, done_at: new Date().toISOString(),
    work: { kind: "action", action: "acknowledge" }, refused: null,
  };
  await outbox.add(entry);
  await say(words.waiting); // at once: a bad link may take half a minute to answer
  const { outcome, refused } = await sendWaiting(false);
  if (outcome === "signed_out") await say(words.sign_in);
  else if (refused.includes(entry.id)) await say(words.refused);
  else if (outcome === "done") await say(words.acknowledged);
}

/** Sends what waits, of the page or of ours. `again`: throw where it must be tried again (the browser then does). */
async function sendWaiting(again: boolean): Promise<{ outcome: "done" | "lost" | "signed_out"; refused: string[] }> {
  const outbox = await openOutbox();
  const account = await outbox.account();
  const refused: string[] = [];
  const progress = {
    sent: (_: Entry, incident: Incident | null) => void (incident && keepIncident(incident, Date.now())),
    refused: (entry: Entry) => void refused.push(entry.id),
  };
  const outcome = await sendAll(outbox, account, { send, sendReceipt }, progress);
  await tellPages({ type: "outbox" });
  if (outcome !== "done" && again) throw new Error(outcome);
  if (outcome !== "done") await later();
  return { outcome, refused };
}

/** As soon as there is a link again, also when the app is closed (Chromium); elsewhere the app's next start does it. */
async function later(): Promise<void> {
  const { sync } = self.registration as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } };
  const asked = sync?.register(SYNC).catch(() => {}); // forbidden by its user: the app's next start does it
  await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 2000))]);
}

async function tellPages(message: unknown): Promise<void> {
  for (const one of await self.clients.matchAll({ type: "window" })) one.postMessage(message);
}
