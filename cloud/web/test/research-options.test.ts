import { describe, expect, it } from "vitest";
import { choiceWords, hintWords, optionWords } from "../src/i18n/options";
import { fieldsOf, filled, parsed, shown } from "../src/research/schema";

/** As pydantic writes it. */
const SCHEMA = {
  type: "object",
  required: ["captures"],
  $defs: {
    Measure: {
      type: "object", required: ["value", "se"], title: "Measure",
      properties: { value: { exclusiveMinimum: 0, type: "number" }, se: { minimum: 0, type: "number" }, n: { anyOf: [{ minimum: 2, type: "integer" }, { type: "null" }], default: null } },
    },
    Capture: {
      type: "object", required: ["individual", "occasion"],
      properties: { individual: { type: "string" }, occasion: { type: "integer", minimum: 1 }, note: { anyOf: [{ type: "string" }, { type: "null" }], default: null } },
    },
  },
  properties: {
    occasion_days: { default: 7, description: "Length of an occasion: each site is visited once in each.", maximum: 366, minimum: 0.25, type: "number" },
    mixture: { default: "poisson", enum: ["poisson", "zero_inflated"], type: "string" },
    psi: { items: { type: "string" }, type: "array" },
    speeds_m_s: { anyOf: [{ items: { type: "number" }, type: "array" }, { type: "null" }], default: null },
    radius_m: { anyOf: [{ $ref: "#/$defs/Measure" }, { type: "null" }], default: null },
    captures: { items: { $ref: "#/$defs/Capture" }, type: "array", minItems: 1 },
    site_covariates: { additionalProperties: { type: "object" }, type: "object" },
    a_later_one: { type: "boolean", title: "A Later One", description: "`x` or not" },
  },
};
const fields = Object.fromEntries(fieldsOf(SCHEMA).map((one) => [one.name, one]));

describe("a form of a schema", () => {
  it("has a control for each kind", () => {
    expect(Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.kind]))).toEqual({
      occasion_days: "number", mixture: "choice", psi: "words", speeds_m_s: "numbers", radius_m: "group", captures: "rows",
      site_covariates: "json", a_later_one: "switch",
    });
    expect(fields["radius_m"]!.fields.map((one) => [one.name, one.kind, one.required])).toEqual([
      ["value", "number", true], ["se", "number", true], ["n", "integer", false],
    ]);
  });

  it("takes what is within bounds", () => {
    expect(parsed(fields["occasion_days"]!, " 14 ")).toBe(14);
    expect(parsed(fields["occasion_days"]!, "0.1")).toBeUndefined();
    expect(parsed(fields["occasion_days"]!, "a week")).toBeUndefined();
    expect(parsed(fields["occasion_days"]!, "")).toBeNull();
    expect(parsed(fields["speeds_m_s"]!, "0.2, 0.4；1")).toEqual([0.2, 0.4, 1]);
    expect(parsed(fields["psi"]!, "elevation_m, canopy")).toEqual(["elevation_m", "canopy"]);
    expect(parsed(fields["site_covariates"]!, "{no json")).toBeUndefined();
  });

  it("takes a table as a spreadsheet gives it", () => {
    const field = fields["captures"]!;
    const table = parsed(field, "individual\toccasion\nF1\t1\nM2\t3\n");
    expect(table).toEqual([{ individual: "F1", occasion: 1 }, { individual: "M2", occasion: 3 }]);
    expect(shown(field, table)).toBe("individual,occasion,note\nF1,1,\nM2,3,");
    expect(parsed(field, "individual\nF1")).toBeUndefined(); // a column is missing
    expect(parsed(field, "individual,occasion\nF1,first")).toBeUndefined();
    expect(parsed(field, "individual,occasion,colour\nF1,1,red")).toBeUndefined();
  });

  it("sends what was filled in, and knows what it cannot do without", () => {
    const captures = [{ individual: "F1", occasion: 1 }];
    expect(filled(SCHEMA, {})).toBeNull();
    expect(filled(SCHEMA, { captures, mixture: "zero_inflated", gone: 1 })).toEqual({ captures, mixture: "zero_inflated" });
  });

  it("speaks both languages, and leaves what it does not know as the API says it", () => {
    expect(optionWords(fields["occasion_days"]!, "zh")).toBe("调查时段长度（天）");
    expect(hintWords(fields["occasion_days"]!, "en")).toContain("Length of an occasion");
    expect(optionWords(fields["a_later_one"]!, "zh")).toBe("A Later One");
    expect(hintWords(fields["a_later_one"]!, "zh")).toBe("x or not");
    expect(choiceWords("zero_inflated", "zh")).toBe("零膨胀泊松");
    expect(choiceWords("a_later_choice", "zh")).toBe("a_later_choice");
  });
});
