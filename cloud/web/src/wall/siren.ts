/** The alarm of the wall: the phone's siren, and whether the browser lets this page sound at all. */
import { createAlarm } from "../phone/sound";

export interface Siren {
  /** Asks the browser whether sound is allowed now; after a touch it is. */
  allowed(): Promise<boolean>;
  /** One round, so that people in the room know what it sounds like, and how loud. */
  test(): void;
  /** On until `quiet`, by any number of calls; false where the browser does not allow it. */
  sound(): Promise<boolean>;
  quiet(): void;
}

const GRACE = 300; // ms; resume() may wait for a touch for ever

export function createSiren(): Siren {
  const alarm = createAlarm();
  let sounding = false;

  return {
    async allowed() {
      if (!("AudioContext" in globalThis)) return false;
      const audio = new AudioContext();
      await Promise.race([audio.resume(), new Promise((resolve) => setTimeout(resolve, GRACE))]);
      const running = audio.state === "running";
      void audio.close();
      return running;
    },
    test() {
      if (!sounding) void alarm.start("once");
    },
    async sound() {
      if (sounding) return true;
      sounding = true;
      const heard = await alarm.start("until_answered");
      if (!heard) sounding = false;
      return heard;
    },
    quiet() {
      if (sounding) alarm.stop();
      sounding = false;
    },
  };
}
