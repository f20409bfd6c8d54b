/** Which of the two apps the address means: the ranger's phone (small, works offline) or the reserve's map with all
 * that belongs to it (a megabyte of script). They share the address /, because a ranger may be sent either link. */
import { isPhone } from "./phone/route";

const phone = isPhone(location.hash);

window.addEventListener("hashchange", () => {
  if (isPhone(location.hash) !== phone) location.reload();
});

// Two functions, not `phone ? import(…) : import(…)`: the bundler makes one call of that, which loads both apps' styles.
const apps = { phone: () => import("./phone/app"), map: () => import("./main") };
void apps[phone ? "phone" : "map"]();
