/** Files out of the cloud onto the reader's disk. */
import { ApiError } from "../client";

/** Post the question, and keep what comes under the name that the cloud gives it; gives that name.
 *
 * @throws ApiError as `client.call` does.
 */
export async function saveFile(path: string, question: object): Promise<string> {
  const response = await fetch(`/api/v1${path}`, {
    method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question),
  }).catch(() => Promise.reject(new ApiError(0, "no answer")));
  if (!response.ok) {
    const problem = (await response.json().catch(() => null)) as { detail?: string; title?: string } | null;
    throw new ApiError(response.status, problem?.detail ?? problem?.title ?? response.statusText, problem);
  }
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "fieldwatch";
  const content = await response.blob().catch(() => Promise.reject(new ApiError(0, "the answer broke off")));
  saveAs(name, content);
  return name;
}

/** Text as a file, for a table on show. */
export function saveText(name: string, text: string, type = "text/csv"): void {
  // Excel reads UTF-8 only behind a byte order mark.
  saveAs(name, new Blob(["\ufeff", text], { type: `${type};charset=utf-8` }));
}

function saveAs(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // some browsers begin to read only after the click's own turn
}
