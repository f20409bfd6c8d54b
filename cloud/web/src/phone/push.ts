/** Whether this phone is called: permission, subscription, and the cloud's knowledge of it. */
import { ask } from "./cloud";

/** "insecure": browsers push to https pages only. "install": iOS pushes to apps on the home screen only. */
export type PushState = "unknown" | "unsupported" | "insecure" | "install" | "denied" | "off" | "on";

const DEVICE = "fieldwatch.phone.device";

export async function pushState(): Promise<PushState> {
  if (!globalThis.isSecureContext) return "insecure";
  if (isIos() && !isInstalled()) return "install";
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  const subscription = await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription();
  return subscription && Notification.permission === "granted" && localStorage.getItem(DEVICE) ? "on" : "off";
}

/** Must be called from a touch. Throws `ApiError` where the cloud, and a DOMException where the push service fails. */
export async function subscribe(language: "en" | "zh"): Promise<PushState> {
  if ((await Notification.requestPermission()) !== "granted") return await pushState();
  return await register(language);
}

/** Tells the cloud how to reach this phone; again at every start, because a browser may change the address. */
export async function register(language: "en" | "zh"): Promise<PushState> {
  const { public_key } = (await (await ask("GET", "push/key")).json()) as { public_key: string };
  const { pushManager } = await navigator.serviceWorker.ready;
  const key = bytesOf(public_key);
  let subscription = await pushManager.getSubscription();
  if (subscription && !sameBytes(subscription.options.applicationServerKey, key)) {
    await subscription.unsubscribe(); // of another installation: its pushes would be refused
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  const answer = await ask("POST", "devices", { channel: "web_push", name: deviceName(), address: { endpoint, keys }, language });
  localStorage.setItem(DEVICE, ((await answer.json()) as { id: string }).id);
  return "on";
}

/** This phone is called no more. What cannot be told to the cloud now, the push service will tell it (410 Gone). */
export async function unsubscribe(): Promise<void> {
  const id = localStorage.getItem(DEVICE);
  localStorage.removeItem(DEVICE);
  if (id) await ask("DELETE", `devices/${id}`).catch(() => {});
  if (!globalThis.isSecureContext || !("serviceWorker" in navigator)) return;
  const subscription = await (await navigator.serviceWorker.getRegistration())?.pushManager?.getSubscription();
  await subscription?.unsubscribe().catch(() => {});
}

export async function test(): Promise<void> {
  await ask("POST", `devices/${localStorage.getItem(DEVICE)}/test`, {});
}

export function isIos(): boolean {
  // An iPad says that it is a Mac, but no Mac has a touch screen.
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
}

export function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;
}

/** What the manager reads in the list of devices. */
export function deviceName(agent: string = navigator.userAgent): string {
  // The more special first: an Android says that it is a Linux, and every browser that it is a Safari.
  const named = (names: readonly string[]) => names.find((one) => agent.includes(one)) ?? "?";
  const system = named(["iPhone", "iPad", "HarmonyOS", "Android", "Windows", "Mac OS", "Linux"]);
  const browser = named(["Edg", "OPR", "SamsungBrowser", "MiuiBrowser", "HuaweiBrowser", "Firefox", "Chrome", "Safari"]);
  return `${system.replace("Mac OS", "Mac")} · ${browser.replace("Edg", "Edge").replace("OPR", "Opera")}`;
}

/** An uncompressed P-256 point, base64url without padding. */
export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

function sameBytes(a: ArrayBuffer | null, b: Uint8Array): boolean {
  return a !== null && a.byteLength === b.length && new Uint8Array(a).every((one, i) => one === b[i]);
}
