import { describe, expect, it } from "vitest";
import CODES from "../../../tests/golden/assumption_codes.json";
import { DICTIONARIES, translator } from "../src/i18n";
import { inChinese } from "../src/i18n/assumptions";
import { en } from "../src/i18n/en";
import { failureWords } from "../src/i18n/failures";
import { zh } from "../src/i18n/zh";
import { TAXA } from "../src/taxa";
import type { Counts } from "../src/wire";

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe("dictionaries", () => {
  it("have the same keys", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  });

  it("have the same placeholders in every sentence", () => {
    for (const [key, text] of Object.entries(en)) {
      expect(placeholders(zh[key as keyof typeof en]), key).toEqual(placeholders(text));
    }
  });

  it("leave no sentence empty, and no Chinese one in English", () => {
    for (const [key, text] of Object.entries(DICTIONARIES.zh)) {
      expect(text.trim(), key).not.toBe("");
      if (!/^\W*(\{\w+\}\W*)*$/.test(text)) expect(text, key).toMatch(/\p{Script=Han}/u);
    }
  });

  it("name every shipped taxon in both languages", () => {
    for (const names of Object.values(TAXA)) {
      expect(names.en).toMatch(/^[A-Z]/);
      expect(names.zh).toMatch(/^\p{Script=Han}+$/u);
    }
  });
});

it("fills placeholders, and leaves one without a value as it is", () => {
  const t = translator("en");
  expect(t("fire.banner", { kind: "Smoke", place: "Ridge" })).toBe("Smoke seen by Ridge");
  expect(t("fire.banner", { kind: "Smoke" })).toBe("Smoke seen by {place}");
});

describe("what counts rest on", () => {
  const figures = { query: { event_interval_min: 45, min_confidence: 0.35 }, observations_without_effort: 12 } as Counts;

  it.each(CODES)("is said in Chinese: %s", (code) => {
    expect(inChinese(code, figures)).toMatch(/\p{Script=Han}/u);
  });

  it("has its numbers", () => {
    expect(inChinese("events", figures)).toContain("45 分钟");
    expect(inChinese("min_confidence", figures)).toContain("0.35");
    expect(inChinese("without_effort_counted", figures)).toContain("12 条");
  });

  it("is left in English where a later API says what is not known here", () => {
    expect(inChinese("a_later_code", figures)).toBeNull();
    expect(inChinese(undefined, figures)).toBeNull();
  });
});

describe("a failure", () => {
  const gone = { status: 404, detail: "no such reserve: foping" };
  it("is said in Chinese, with the server's own words beside it", () => {
    expect(failureWords(gone, "zh")).toBe("未找到所请求的内容（no such reserve: foping）");
    expect(failureWords(gone, "en")).toBe("no such reserve: foping");
  });

  it("has the server's words alone where its kind is not known", () => {
    expect(failureWords({ status: 418, detail: "a teapot" }, "zh")).toBe("a teapot");
  });

  it("has ours where the server said nothing", () => {
    expect(failureWords({ status: 0, detail: "no answer" }, "zh")).toBe("无法连接服务器");
    expect(failureWords({ status: 0, detail: "no answer" }, "en")).toBe("the server cannot be reached");
  });
});
