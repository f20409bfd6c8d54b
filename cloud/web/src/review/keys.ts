/** What each key does on the review page. Pure. The help is written from the same table. */
import type { Key } from "../i18n";

export type Command =
  | "next" | "previous" | "accept" | "blank" | "delete" | "undo" | "redo" | "name" | "new" | "select_next"
  | "select_previous" | "release" | "zoom_in" | "zoom_out" | "fit" | "hide" | "clock" | "numbers" | "help" | `name_${number}`
  | `move_${Direction}` | `size_${Direction}`;
type Direction = "left" | "right" | "up" | "down";

export interface Pressed {
  readonly key: string;
  readonly code?: string;
  readonly shiftKey?: boolean;
  readonly ctrlKey?: boolean;
  readonly metaKey?: boolean;
  readonly altKey?: boolean;
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
};
const LETTERS: Readonly<Record<string, Command>> = {
  j: "next", k: "previous", b: "blank", z: "undo", y: "redo", s: "name", n: "new", h: "hide",
  c: "clock", e: "numbers",
};
const SIGNS: Readonly<Record<string, Command>> = {
  Enter: "accept", Delete: "delete", Backspace: "delete", Escape: "release", "+": "zoom_in", "=": "zoom_in",
  "-": "zoom_out", _: "zoom_out", "0": "fit", "?": "help", "？": "help", "]": "select_next", "[": "select_previous",
};

/** The command that a key gives; null: none, and the browser does what it does. `boxSelected`: arrows then move it. */
export function commandOf(pressed: Pressed, boxSelected: boolean): Command | null {
  const { key, shiftKey, altKey } = pressed;
  const control = pressed.ctrlKey === true || pressed.metaKey === true;
  const letter = letterOf(pressed);
  if (control || altKey) {
    if (altKey) return null;
    if (letter === "z") return shiftKey ? "redo" : "undo";
    return letter === "y" ? "redo" : null;
  }
  const arrow = ARROWS[key];
  if (arrow) {
    if (boxSelected) return shiftKey ? `size_${arrow}` : `move_${arrow}`;
    return arrow === "right" || arrow === "down" ? "next" : "previous";
  }
  if (/^[1-9]$/.test(key)) return `name_${Number(key)}`;
  if (letter === "z" && shiftKey) return "redo";
  return (letter && LETTERS[letter]) || SIGNS[key] || null;
}

/** The Latin letter on the key, also where the keyboard is set to another script or an input method is on. */
function letterOf({ key, code }: Pressed): string | null {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  const foreign = key === "Process" || /^\p{L}$/u.test(key);
  return foreign && code?.startsWith("Key") ? code.slice(3).toLowerCase() : null;
}

export const HELP: readonly (readonly [keys: readonly string[], meaning: Key])[] = [
  [["Enter"], "review.help.accept"],
  [["B"], "review.help.blank"],
  [["J", "→"], "review.help.next"],
  [["K", "←"], "review.help.previous"],
  [["1", "–", "9"], "review.help.recent"],
  [["S"], "review.help.name"],
  [["["], "review.help.select_previous"],
  [["]"], "review.help.select_next"],
  [["N"], "review.help.new"],
  [["←", "↑", "↓", "→"], "review.help.move"],
  [["Shift", "←", "↑", "↓", "→"], "review.help.size"],
  [["Delete"], "review.help.delete"],
  [["Z"], "review.help.undo"],
  [["Shift", "Z"], "review.help.redo"],
  [["+", "−", "0"], "review.help.zoom"],
  [["H"], "review.help.hide"],
  [["C"], "review.help.clock"],
  [["E"], "review.help.numbers"],
  [["Esc"], "review.help.release"],
  [["?"], "review.help.help"],
];
