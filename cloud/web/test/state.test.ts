import { describe, expect, it } from "vitest";
import { countsCsv } from "../src/csv";
import { backoff } from "../src/live";
import { incidentsToRead, INCIDENTS_READ, KEPT, mergeIncidents, mergeObservations } from "../src/store";
import type { Counts, CountsQuery, Incident, IncidentSummary, Observation } from "../src/wire";

function seen(id: string, observed_at: string): Observation {
  return {
    id, observed_at, ended_at: observed_at, received_at: observed_at, deployment_id: "d", scientific_name: "Equus",
    observation_type: "animal", count: 1, confidence: 0.9, media_id: null,
  };
}

describe("the live list", () => {
  it("holds each record once, newest by capture time first", () => {
    const old = seen("a", "2026-11-21T01:00:00Z");
    const late = seen("b", "2026-11-21T00:30:00Z"); // arrives last, was seen first
    const again = { ...old, count: 3 };
    expect(mergeObservations([old], [late, again]).map((one) => [one.id, one.count])).toEqual([["a", 3], ["b", 1]]);
  });

  it("does not grow without end", () => {
    const many = Array.from({ length: KEPT + 50 }, (_, i) => seen(`o${i}`, new Date(i * 1000).toISOString()));
    const kept = mergeObservations([], many);
    expect(kept).toHaveLength(KEPT);
    expect(kept[0]!.id).toBe(`o${KEPT + 49}`);
  });
});

describe("incidents", () => {
  const fire = (id: string, last_seen_at: string, state: string, pictures: (string | null)[] = [null]) =>
    ({ id, last_seen_at, state, kind: "fire", suspicions: pictures.map((media_id) => ({ media_id })) }) as Incident;
  const listed = (one: Incident, media_id: string | null = null) =>
    ({ ...one, suspicions: one.suspicions.length, media_id }) as unknown as IncidentSummary;

  it("that changed are replaced, newest first", () => {
    const known = [fire("a", "2026-11-21T01:00:00Z", "new"), fire("b", "2026-11-21T00:00:00Z", "new")];
    const merged = mergeIncidents(known, [fire("b", "2026-11-21T02:00:00Z", "closed")]);
    expect(merged.map((one) => [one.id, one.state])).toEqual([["b", "closed"], ["a", "new"]]);
  });

  it("are read in full only where they changed", () => {
    const at = "2026-11-21T01:00:00Z";
    const known = [fire("same", at, "new", ["m1", null]), fire("state", at, "new"), fire("more", at, "new"), fire("picture", at, "new")];
    const list = [
      listed(known[0]!, "m1"), listed(fire("state", at, "closed")), listed(fire("more", at, "new", [null, null])),
      listed(known[3]!, "m2"), listed(fire("unknown", at, "new")),
    ];
    expect(incidentsToRead(list, known)).toEqual({ ids: ["state", "more", "picture", "unknown"], older: false });
  });

  it("before the newest ones are left out, and that is known", () => {
    const many = Array.from({ length: INCIDENTS_READ + 1 }, (_, i) => listed(fire(`f${i}`, "2026-11-21T01:00:00Z", "closed")));
    const { ids, older } = incidentsToRead(many, []);
    expect([ids.length, ids[0], older]).toEqual([INCIDENTS_READ, "f0", true]);
    expect(incidentsToRead(many.slice(1), []).older).toBe(false);
  });

  it("that call people are all read, however many newer ones are over or were held back", () => {
    const newer = Array.from({ length: 2 * INCIDENTS_READ }, (_, i) =>
      listed({ ...fire(`f${i}`, "2026-11-21T02:00:00Z", i % 2 ? "new" : "false_alarm"), held_back: "confidence 0.21 under 0.3 for low danger" } as Incident));
    const calls = Array.from({ length: INCIDENTS_READ + 5 }, (_, i) => listed(fire(`calls${i}`, "2026-11-21T01:00:00Z", i % 2 ? "new" : "acknowledged")));
    const few = incidentsToRead([...newer, calls[0]!], []);
    expect([few.ids.length, few.ids[0], few.ids.at(-1), few.older]).toEqual([INCIDENTS_READ, "f0", "calls0", true]);
    expect(incidentsToRead([...newer, ...calls], []).ids).toEqual(calls.map((one) => one.id));
  });
});

it("waits longer from try to try, up to half a minute, and never in step with others", () => {
  expect(backoff(0, 1)).toBe(500);
  expect(backoff(3, 1)).toBe(4000);
  expect(backoff(50, 1)).toBe(30_000);
  expect(backoff(3, 0)).toBe(2000);
});

describe("CSV", () => {
  const query: CountsQuery = { area: null, from: "2026-11-14T00:00:00Z", to: "2026-11-21T00:00:00Z", taxa: null };
  const counts: Counts = {
    area_km2: 61.3, deployments: { in_area: 6, looked: 4 }, effort: { camera_days: 27.4, by_deployment: [] }, status: "observed",
    observations_without_effort: 0, labelled: 0, verdict: [], assumptions: [], assumption_codes: [],
    query: {
      from: "2026-11-14T00:00:00Z", to: "2026-11-21T00:00:00Z", taxa: null, zone: null, event_interval_min: 30, rule: "last_record",
      min_confidence: 0, whole_reserve: true,
    },
    species: [{
      scientific_name: 'Equus "quagga", cf.', observation_type: "animal", observations: 9, labelled: 0, individuals: 7, events: 3,
      max_count: 4, deployments: 2,
      rate_per_100_camera_days: { estimate: 10.9, low: 2.26, high: 32, level: 0.95, method: "exact Poisson" },
    }],
  };

  it("quotes what needs it and ends lines as RFC 4180 says", () => {
    const [header, row, end] = countsCsv(counts, query).split("\r\n");
    expect(header!.split(",")).toHaveLength(17);
    expect(row).toBe(
      '2026-11-14T00:00:00Z,2026-11-21T00:00:00Z,61.3,6,4,27.4,observed,"Equus ""quagga"", cf.",animal,7,3,9,4,' +
        "10.9,2.26,32,0.95",
    );
    expect(end).toBe("");
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])("leaves no formula to a spreadsheet: %j", (name) => {
    const named = { ...counts, species: [{ ...counts.species![0]!, scientific_name: name }] };
    expect(countsCsv(named, query).split("\r\n")[1]).toContain(`,'${name},animal,7,`);
  });

  it("writes no zero where nobody looked", () => {
    const blind: Counts = {
      ...counts, status: "not_observed", species: null, effort: { camera_days: 0, by_deployment: [] },
      deployments: { in_area: 2, looked: 0 },
    };
    expect(countsCsv(blind, query).split("\r\n")[1]).toBe(
      "2026-11-14T00:00:00Z,2026-11-21T00:00:00Z,61.3,2,0,0,not_observed,,,,,,,,,,",
    );
  });
});
