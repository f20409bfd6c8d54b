/** The letters that come with the app, so that a screen in a control room without Chinese fonts shows Chinese: Inter,
 * and Noto Sans SC in a hundred slices, of which a browser loads those that it needs. Loaded beside the app, not
 * before it, and never by a ranger's phone: phones bring their own. Why these: docs/decisions/0034. */
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/inter/wght-italic.css";
import "@fontsource-variable/noto-sans-sc/wght.css";
