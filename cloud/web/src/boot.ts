/** Which of the two apps the address means: the ranger's phone (small, works offline) or the reserve's map with all
 * that belongs to it (a megabyte of script). They share the address /, because a ranger may be sent either link. */
import { isPhone } from "./phone/route";

const phone = isPhone(location.hash);

window.addEventListener("hashchange", () => {
  if (isPhone(location.hash) !== phone) location.reload();
});

void (phone ? import("./phone/app") : import("./main"));
