/** The screen itself: all of it, awake, and by what the server offers now. */

/** Everything that the browser takes back by itself (another tab, a lost screen) is asked for again. */
export interface Awake {
  stop(): void;
}

/** Keeps the screen from going dark, where the browser can (it must be https, or this machine itself). */
export function keepAwake(): Awake {
  let lock: WakeLockSentinel | null = null;
  let stopped = false;

  async function ask(): Promise<void> {
    if (stopped || document.hidden || !("wakeLock" in navigator) || (lock && !lock.released)) return;
    const got = await navigator.wakeLock.request("screen").catch(() => null); // a battery that runs low refuses it
    if (stopped) void got?.release();
    else lock = got;
  }
  const seen = () => void ask();
  document.addEventListener("visibilitychange", seen);
  seen();
  return {
    stop() {
      stopped = true;
      document.removeEventListener("visibilitychange", seen);
      void lock?.release();
    },
  };
}

export function isFullScreen(): boolean {
  return document.fullscreenElement !== null;
}

/** In and out; must be called from a touch or a key. */
export async function toggleFullScreen(): Promise<void> {
  if (isFullScreen()) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen().catch(() => {}); // an embedded browser may not have it
}

/** The file from which this page was started; its name carries its content's hash. */
function startedFrom(page: Document): string | null {
  return page.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute("src") ?? null;
}

/** Whether the server offers another version of the app than the one that runs here. */
export async function isNewerServed(): Promise<boolean> {
  try {
    const response = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(20_000) });
    if (!response.ok) return false;
    const served = startedFrom(new DOMParser().parseFromString(await response.text(), "text/html"));
    return served !== null && served !== startedFrom(document);
  } catch {
    return false; // no connection: the next check tells
  }
}
