/** The letters that come with the app, so that a screen in a control room without Chinese fonts shows Chinese: Inter,
 * and Noto Sans SC in a hundred slices, of which a browser loads those that it needs. Loaded beside the app, not
 * before it, and never by a ranger's phone: phones bring their own. Why these: docs/decisions/0034. */
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/inter/wght-italic.css";
import "@fontsource-variable/noto-sans-sc/wght.css";

/** Families as styles/base.css and the map's labels name them. */
export const LATIN = "Inter Variable";
export const CHINESE = "Noto Sans SC Variable";

const PATIENCE = 1500; // ms; labels in the machine's own letters are better than none

/** Waits until the letters of `text` are there: what MapLibre has once drawn with another font, it keeps. */
export async function lettersFor(text: string): Promise<void> {
  const wanted = [...new Set(text)].join("");
  const loads = [LATIN, CHINESE].map((family) => document.fonts.load(`16px "${family}"`, wanted));
  await Promise.race([Promise.allSettled(loads), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}
