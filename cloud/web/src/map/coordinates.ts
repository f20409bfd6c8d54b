/** Coordinates as people type them: "107.85, 33.6", "33°36′N 107°51′E", "北纬33°36′ 东经107°51′". Pure. */
import { distance, type LonLat } from "../geo";

interface Angle {
  readonly value: number;
  readonly axis: "lat" | "lon" | null;
}

/** The place, null where the text is none. Without N, S, E or W the order is guessed: what lies nearer to `near`. */
export function readCoordinates(text: string, near: LonLat | null): LonLat | null {
  const parts = halves(plain(text))?.map(angle);
  if (!parts?.[0] || !parts[1]) return null;
  const [a, b] = [parts[0], parts[1]];
  if (a.axis && b.axis) return a.axis === b.axis ? null : place(a.axis === "lon" ? [a.value, b.value] : [b.value, a.value]);
  if (a.axis || b.axis) return null;
  const either = [place([a.value, b.value]), place([b.value, a.value])].filter((one) => one !== null);
  if (either.length === 2 && near && distance(near, either[1]!) < distance(near, either[0]!)) return either[1]!;
  return either[0] ?? null;
}

/** One spelling for all: letters for the halves of the world, blanks for degrees, minutes and seconds. */
function plain(text: string): string {
  return text
    .normalize("NFKC").toUpperCase()
    .replace(/北纬|北緯|北/g, "N").replace(/南纬|南緯|南/g, "S").replace(/东经|東經|东|東/g, "E").replace(/西经|西經|西/g, "W")
    .replace(/[°º度D'′’分"″”秒:]/g, " ").replace(/[、;,]/g, ",").replace(/−/g, "-").trim();
}

function halves(text: string): [string, string] | null {
  if (/[^-0-9NSEW.,\s]/.test(text)) return null;
  const commas = text.split(",");
  if (commas.length === 2) return [commas[0]!, commas[1]!];
  if (commas.length > 2) return null;
  const letters = [...text.matchAll(/[NSEW]/g)].map((match) => match.index);
  if (letters.length === 2) {
    const at = letters[0] === 0 ? letters[1]! : letters[0]! + 1;
    return [text.slice(0, at), text.slice(at)];
  }
  const words = text.split(/\s+/);
  return letters.length === 0 && words.length === 2 ? [words[0]!, words[1]!] : null;
}

function angle(text: string): Angle | null {
  const letters = text.match(/[NSEW]/g) ?? [];
  const words = text.replace(/[NSEW]/g, " ").trim().split(/\s+/);
  if (letters.length > 1 || words.length > 3 || words.some((one) => !/^-?\d+(\.\d+)?$/.test(one))) return null;
  const [degrees, minutes = 0, seconds = 0] = words.map((one) => Math.abs(Number(one)));
  if (minutes >= 60 || seconds >= 60 || words.slice(1).some((one) => one.startsWith("-"))) return null;
  const [letter] = letters;
  const back = letter === "S" || letter === "W" || words[0]!.startsWith("-");
  const value = (degrees! + minutes / 60 + seconds / 3600) * (back ? -1 : 1);
  return { value, axis: letter ? (letter === "N" || letter === "S" ? "lat" : "lon") : null };
}

function place([lon, lat]: LonLat): LonLat | null {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? [lon, lat] : null;
}
