/** How a node logs in, in one word. Pure. */
import type { components } from "../api";

export type ReserveNode = components["schemas"]["ReserveNode"];
export type ReserveNodes = components["schemas"]["ReserveNodes"];
export type EnrolmentCode = components["schemas"]["EnrolmentCode"];

/**
 * `ending`: its certificate holds less than a fifth of its life, and the node should long have renewed it (it does so
 * at two thirds). `ended`: it could not; switched on, it still renews it by itself. `code`: a code waits for a box.
 */
export type LogIn = "certificate" | "ending" | "ended" | "password" | "code" | "none" | "revoked";

export function logInOf(node: ReserveNode, now: Date): LogIn {
  const codeWaits = node.code !== null && node.code.used_at === null && new Date(node.code.expires_at) > now;
  if (node.log_in === "certificate" && node.certificate) {
    const [issued, until] = [Date.parse(node.certificate.issued_at), Date.parse(node.certificate.until)];
    if (until <= now.getTime()) return "ended";
    return until - now.getTime() < (until - issued) / 5 ? "ending" : "certificate";
  }
  if (node.log_in === "password") return "password";
  if (codeWaits) return "code";
  return node.revoked_at ? "revoked" : "none";
}
