/** Which of the apps the address means: the ranger's phone (small, works offline), the page of a link that lets somebody
 * new in, or the reserve's map with all that belongs to it (a megabyte of script). They share the address /, because a ranger may be sent either link. */
import { askFirst } from "./early";
import { isPhone } from "./phone/route";

type Kind = "phone" | "welcome" | "map";
const kindOf = (hash: string): Kind => (isPhone(hash) ? "phone" : hash.startsWith("#welcome/") ? "welcome" : "map");
const kind = kindOf(location.hash);

window.addEventListener("hashchange", () => {
  if (kindOf(location.hash) !== kind) location.reload();
});

// Functions, not `phone ? import(…) : import(…)`: the bundler makes one call of that, which loads all apps' styles.
const apps = { phone: () => import("./phone/app"), welcome: () => import("./welcome/app"), map: () => import("./main") };
if (kind === "map") askFirst();
void apps[kind]();
