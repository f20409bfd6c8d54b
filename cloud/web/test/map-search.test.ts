import { describe, expect, it } from "vitest";
import { readCoordinates } from "../src/map/coordinates";
import { coordinateWords, find, SHOWN_HITS, type Findable } from "../src/map/search";

const thing = (kind: Findable["kind"], name: string, ...also: string[]): Findable =>
  ({ kind, id: name, name, detail: "", also, at: null });
const names = (query: string, all: Findable[]) => find(query, all, null).map((one) => one.name);

describe("finding", () => {
  it("puts the name itself first, then beginnings, then words, then what holds it", () => {
    const all = ["Old ridge", "Bridge", "Ridgeway", "Ridge"].map((name) => thing("camera", name));
    expect(names("ridge", all)).toEqual(["Ridge", "Ridgeway", "Old ridge", "Bridge"]);
  });

  it("knows every spelling, whatever the page's language", () => {
    const all = [thing("species", "Zebra", "斑马", "Equus"), thing("zone", "Bare hills", "荒山")];
    for (const query of ["zeb", "斑", "equ"]) expect(names(query, all)).toEqual(["Zebra"]);
    expect(names("荒山", all)).toEqual(["Bare hills"]);
  });

  it("takes numbers for numbers, and cares for no accents nor capitals", () => {
    const all = ["Camera 10", "Camera 9", "Père David"].map((name) => thing("camera", name));
    expect(names("CAMERA", all)).toEqual(["Camera 9", "Camera 10"]);
    expect(names("pere", all)).toEqual(["Père David"]);
  });

  it("gives no more than can be read, and nothing for nothing", () => {
    const many = Array.from({ length: 50 }, (_, i) => thing("camera", `C${i}`));
    expect(find("c", many, null)).toHaveLength(SHOWN_HITS);
    expect(find("  ", many, null)).toEqual([]);
  });

  it("offers the place that coordinates name", () => {
    const [first] = find("107.85, 33.6", [], null);
    expect(first).toMatchObject({ kind: "coordinates", at: [107.85, 33.6], name: "33.60000° N, 107.85000° E" });
    expect(coordinateWords([-58.4, -34.6])).toBe("34.60000° S, 58.40000° W");
  });
});

describe("coordinates", () => {
  const close = (text: string, lon: number, lat: number, near: [number, number] | null = null) => {
    const found = readCoordinates(text, near);
    expect(found, text).not.toBeNull();
    expect(found![0], text).toBeCloseTo(lon, 4);
    expect(found![1], text).toBeCloseTo(lat, 4);
  };

  it("are read as people write them", () => {
    for (const text of [
      "107.85, 33.6", "107.85 33.6", "33.6, 107.85", "33.6N 107.85E", "N33.6 E107.85", "33°36′N 107°51′E", "33°36'00\"N, 107°51'00\"E",
      "33 36 00 N, 107 51 00 E", "北纬33°36′，东经107°51′", "东经107度51分 北纬33度36分", "１０７．８５，３３．６",
    ]) close(text, 107.85, 33.6);
    close("34°36′S 58°24′W", -58.4, -34.6);
    close("-58.4, -34.6", -58.4, -34.6);
  });

  it("without letters mean what is nearer to the reserve", () => {
    close("36.8, -1.3", 36.8, -1.3, [36.9, -1.2]);
    close("-1.3, 36.8", 36.8, -1.3, [36.9, -1.2]);
    close("-1.3, 36.8", -1.3, 36.8);
  });

  it("are nothing else", () => {
    for (const text of ["ridge", "107.85", "1, 2, 3", "33.6N 107.85N", "33N 107", "107.85, 99", "33°61′N 107°E", "camera 10, 20", "."]) {
      expect(readCoordinates(text, null), text).toBeNull();
    }
  });
});
