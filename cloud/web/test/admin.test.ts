import { describe, expect, it } from "vitest";
import { nodeId, nodeToml } from "../src/admin/node";
import { address, readRoute, sectionsOf } from "../src/admin/route";
import { bytes, wrongFields } from "../src/admin/state";
import type { Account } from "../src/wire";

describe("a node's id", () => {
  it.each([
    ["Ridge above the salt lick", "ridge-above-the-salt-lick"],
    ["Köhlerhütte №3", "kohlerhutte-no3"],
    ["佛坪山脊", "camera"],
    ["--", "camera"],
    ["x".repeat(90), "x".repeat(50)],
  ])("of %s is %s", (name, id) => {
    expect(nodeId(name, [])).toBe(id);
    expect(id).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });

  it("is not one that is taken", () => {
    expect(nodeId("Ridge", ["ridge", "ridge-2"])).toBe("ridge-3");
  });
});

describe("node.toml", () => {
  const file = { node: "ridge", reserve: "foping", deployment: "0197", heading: 0, fieldOfView: null, broker: "map.example.org" };

  it("tells what is known, and leaves out what is not", () => {
    const toml = nodeToml(file);
    expect(toml).toContain('deployment_id = "0197"');
    expect(toml).toContain("heading_deg = 0\n");
    expect(toml).not.toContain("field_of_view_deg");
    expect(toml).toContain('url = "mqtts://map.example.org:8883"');
  });
});

describe("the address", () => {
  it("leads to a section, and to a thing in it", () => {
    expect(readRoute("#admin/cameras/0197")).toEqual({ section: "cameras", id: "0197" });
    expect(readRoute(address("zones", "new"))).toEqual({ section: "zones", id: "new" });
    expect(readRoute("#admin")).toEqual({ section: "start", id: null });
    expect(readRoute("#admin/nonsense")).toEqual({ section: "start", id: null });
  });

  it("offers what the account has a use for", () => {
    const account = (role: string, reserve: string | null) => ({ memberships: [{ role, reserve }] }) as Account;
    expect(sectionsOf(account("ranger", "foping"), "foping")).toEqual(["me"]);
    expect(sectionsOf(account("technician", "foping"), "foping")).toEqual(["cameras", "nodes", "sources", "me"]);
    expect(sectionsOf(account("manager", "elsewhere"), "foping")).toEqual(["me"]);
    expect(sectionsOf(account("admin", null), "foping")).toContain("people");
  });
});

it("names the fields of a problem by their last word", () => {
  const errors = [{ field: "body.zones.0.name", message: "too short" }];
  expect(wrongFields({ errors })).toEqual({ name: "too short" });
  expect(wrongFields(null)).toEqual({});
});

it.each([[0, "0 byte"], [999, "999 byte"], [1500, "1.5 kB"], [2_000_000_000, "2 GB"]])("%d bytes are %s", (n, words) => {
  expect(bytes(n, "en")).toBe(words);
});
