/** Plays a live playlist in a <video>: by hls.js, loaded when first needed, where the browser lets scripts feed a
 * video; else by the browser itself (iPhones). */
import type Hls from "hls.js";
import { STALLED_S } from "./rules";

export interface Player {
  readonly video: HTMLVideoElement;
  /** Nothing new has been shown for some time. */
  readonly stalled: boolean;
  close(): void;
}

/** @param onFirst the first picture is on the screen. */
export function createPlayer(video: HTMLVideoElement, url: string, onFirst: () => void): Player {
  let hls: Hls | null = null;
  let closed = false;
  let moved = Date.now();
  let first = true;

  function progress(): void {
    moved = Date.now();
    if (first && video.currentTime > 0) {
      first = false;
      onFirst();
    }
  }
  video.addEventListener("timeupdate", progress);
  video.addEventListener("loadeddata", shown);
  function shown(): void {
    if (!first) return;
    first = false;
    onFirst();
  }

  async function open(): Promise<void> {
    if (!("MediaSource" in window) && !("ManagedMediaSource" in window)) {
      video.src = url;
      return start();
    }
    const { default: HlsPlayer } = await import("hls.js/light");
    if (closed) return;
    hls = new HlsPlayer({
      // Near the end, where it is live: two pieces behind, and caught up when a slow line has held it back.
      liveSyncDurationCount: 1,
      liveMaxLatencyDurationCount: 4,
      maxLiveSyncPlaybackRate: 1.1,
      backBufferLength: 10,
      enableWorker: false, // nothing is repacked: the pieces are what the browser takes
    });
    hls.on(HlsPlayer.Events.ERROR, (_event, data) => {
      if (!data.fatal || !hls) return;
      if (data.type === HlsPlayer.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else if (data.type === HlsPlayer.ErrorTypes.NETWORK_ERROR) setTimeout(() => hls?.startLoad(), 1000);
    });
    hls.on(HlsPlayer.Events.MANIFEST_PARSED, start);
    hls.loadSource(url);
    hls.attachMedia(video);
  }

  /** Without sound, a browser lets it begin by itself; where it does not, its own button is there. */
  function start(): void {
    video.muted = true;
    video.play().catch(() => (video.controls = true));
  }

  void open();
  return {
    video,
    get stalled() {
      return !first && Date.now() - moved > STALLED_S * 1000;
    },
    close() {
      closed = true;
      video.removeEventListener("timeupdate", progress);
      video.removeEventListener("loadeddata", shown);
      hls?.destroy();
      hls = null;
      video.removeAttribute("src");
      video.load();
    },
  };
}
