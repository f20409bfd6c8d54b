/** The alarm, made by the browser itself: two tones in turn, which carry outdoors and are no ringtone of anybody's.
 * A page may sound only after it was touched once (on every system); a closed app cannot sound at all: then the
 * notification's own sound, set in the system's settings, must wake. */

export type SoundChoice = "off" | "once" | "until_answered";
export const SOUND_CHOICES: readonly SoundChoice[] = ["until_answered", "once", "off"];
const REMEMBERED = "fieldwatch.phone.sound";
const TONES = [960, 720] as const; // Hz: where small speakers are loudest
const TONE_S = 0.35;
const ONCE_S = 6 * TONE_S;
const ROUND_S = 4; // until answered: a round, a breath, the next

export function rememberedSound(storage: Storage = localStorage): SoundChoice {
  const value = storage.getItem(REMEMBERED) as SoundChoice | null;
  return value && SOUND_CHOICES.includes(value) ? value : "until_answered";
}

export function rememberSound(choice: SoundChoice, storage: Storage = localStorage): void {
  storage.setItem(REMEMBERED, choice);
}

export interface Alarm {
  /** False where the browser does not let the page sound yet. */
  start(choice: SoundChoice): Promise<boolean>;
  stop(): void;
}

export function createAlarm(): Alarm {
  let context: AudioContext | null = null;
  let again: ReturnType<typeof setInterval> | undefined;

  function round(audio: AudioContext): void {
    const gain = new GainNode(audio, { gain: 0.9 });
    const siren = new OscillatorNode(audio, { type: "square" });
    const start = audio.currentTime;
    for (let i = 0; i * TONE_S < ONCE_S; i++) siren.frequency.setValueAtTime(TONES[i % 2]!, start + i * TONE_S);
    siren.connect(gain).connect(audio.destination);
    siren.start(start);
    siren.stop(start + ONCE_S);
    navigator.vibrate?.([400, 150, 400, 150, 800]);
  }
  function stop(): void {
    clearInterval(again);
    navigator.vibrate?.(0);
    void context?.close();
    context = null;
  }
  return {
    stop,
    start: async (choice) => {
      stop();
      if (choice === "off" || !("AudioContext" in globalThis)) return choice === "off";
      const audio = (context = new AudioContext());
      // resume() waits for a touch, perhaps for ever: what counts is what holds now.
      await Promise.race([audio.resume(), new Promise((resolve) => setTimeout(resolve, 300))]);
      if (audio !== context) return true; // stopped meanwhile
      if (audio.state !== "running") {
        navigator.vibrate?.([400, 150, 400, 150, 800]);
        return false;
      }
      round(audio);
      if (choice === "until_answered") again = setInterval(() => round(audio), ROUND_S * 1000);
      return true;
    },
  };
}
