/** Where one is on the phone, as the address says it after the #. Pure. `#incident/<id>` is what a push opens. */

export type Route =
  | { readonly page: "incident"; readonly id: string }
  | { readonly page: "list" }
  | { readonly page: "settings" };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isPhone(hash: string): boolean {
  return /^#(phone|incident)([/?]|$)/.test(hash);
}

/** What is not understood leads to the list: an address can be old, or cut off. */
export function readRoute(hash: string): Route {
  const [word, rest] = hash.replace(/^#/, "").split(/[/?]/);
  if (word === "incident" && rest && UUID.test(rest)) return { page: "incident", id: rest.toLowerCase() };
  return rest === "settings" ? { page: "settings" } : { page: "list" };
}

export function writeRoute(route: Route): string {
  if (route.page === "incident") return `#incident/${route.id}`;
  return route.page === "settings" ? "#phone/settings" : "#phone";
}
