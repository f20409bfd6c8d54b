// Coordinates as people have them: typed, copied from a map, sent by a phone.

const NUMBER = String.raw`[-+]?\d+(?:[.,]\d+)?`;

/** {lat, lon} of a text, WGS 84, or null. Latitude comes first, unless letters or a geo link say otherwise. */
export function readPlace(text) {
  const clean = text.trim().replaceAll("，", ", ").replaceAll("。", ".").replaceAll("−", "-");
  const byLetters = lettered(clean);
  if (byLetters) return byLetters;
  const link = /(?:@|[?&](?:q|ll|center)=|geo:)\s*(-?\d+\.\d+)\s*,\s*(-?\d+\.\d+)/.exec(clean);
  if (link) return valid(Number(link[1]), Number(link[2]));
  // A decimal comma is one only where another sign parts the two numbers.
  const points = /^([-+]?\d+(?:\.\d+)?)\s*°?\s*[,;\s]\s*([-+]?\d+(?:\.\d+)?)\s*°?$/.exec(clean);
  if (points) return valid(Number(points[1]), Number(points[2]));
  const commas = new RegExp(`^(${NUMBER})\\s*[;\\s]\\s*(${NUMBER})$`).exec(clean);
  return commas ? valid(readNumber(commas[1]), readNumber(commas[2])) : null;
}

/** A number as typed, with a point or a comma; null where it is none. */
export function readNumber(text) {
  const clean = text.trim().replace(",", ".").replace("°", "");
  return /^[-+]?\d+(\.\d+)?$/.test(clean) ? Number(clean) : null;
}

// 31°12'05.2"N 108°06'30"E, N31 12.087 E108 6.5, 北纬33°37′07″ 东经107°32′58″
function lettered(text) {
  const named = text
    .replace(/北纬|北緯/g, " N").replace(/南纬|南緯/g, " S").replace(/东经|東經/g, " E").replace(/西经|西經/g, " W");
  const part = String.raw`\d+(?:\.\d+)?(?:\s*[°度d]\s*|\s+|$)?(?:\d+(?:\.\d+)?\s*['′分m]?\s*)?(?:\d+(?:\.\d+)?\s*(?:["″秒s]|'')?)?`;
  const found = { N: null, E: null };
  for (const match of named.matchAll(new RegExp(`([NSEW])\\s*(${part})|(${part})\\s*([NSEW])`, "gi"))) {
    // Where letters stand before their numbers, the number before a letter belongs to the letter before it.
    const letter = (match[1] ?? match[4]).toUpperCase();
    const [degrees = 0, minutes = 0, seconds = 0] = (match[2] ?? match[3]).match(/\d+(?:\.\d+)?/g).map(Number);
    if (minutes >= 60 || seconds >= 60) return null;
    const value = degrees + minutes / 60 + seconds / 3600;
    found["NS".includes(letter) ? "N" : "E"] = "SW".includes(letter) ? -value : value;
  }
  return found.N === null || found.E === null ? null : valid(found.N, found.E);
}

function valid(lat, lon) {
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}
