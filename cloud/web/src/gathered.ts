/** A call that answers every request made within `wait` ms, and those made while it runs, with one run each.
 *
 * Two runs never overlap: what is asked for during a run is answered by one more after it. What `run` throws
 * goes to `failed`.
 */
export function gathered(wait: number | (() => number), run: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let again = false;

  async function runOnce(): Promise<void> {
    timer = undefined;
    running = true;
    again = false;
    try {
      await run();
    } catch (error) {
      failed(error);
    } finally {
      running = false;
      if (again) ask();
    }
  }

  function ask(): void {
    if (running) again = true;
    else timer ??= setTimeout(() => void runOnce(), typeof wait === "number" ? wait : wait());
  }
  return ask;
}
