import { describe, expect, test } from "vitest";
import { SCENARIOS } from "../../simulator/scenarios/registry.ts";
import { playScenario } from "./play-scenario.ts";
import { smallCloud } from "./small-cloud.ts";
import { watchCloud } from "./watched-cloud.ts";

/** What a scenario leaves behind that is meant to stay: groups of the difference afterwards. */
const LASTING: { readonly [scenario: string]: number | undefined } = {
  "zone-upgrade": 1,
  "migration-wave": 50,
};
const BOOTS = new Set(["subnet-exhausted", "boot-storm"]);
/** Where something goes; what is on hosts nobody hears of is not removed. */
const REMOVES = new Set(["migration-wave", "tap-lost-after-reboot"]);

test.each([7, 8, 9])("a healthy cloud has no findings, and nothing changes (seed %i)", async (seed) => {
  const played = await playScenario(smallCloud(seed), undefined);
  expect(played).toMatchObject({ expected: [], spurious: [], passing: 0, groups: [], leftOpen: [], groupsAfter: [] });
});

describe.each(SCENARIOS.map(({ name }) => name))("%s", (name) => {
  test("gives the findings and the groups of its truth, no others, and all ends with it", async () => {
    const played = await playScenario(smallCloud(), name);
    expect(played.missed).toEqual([]);
    expect(played.spurious.map(({ id }) => id)).toEqual([]);
    expect(played.stood).toHaveLength(played.expected.length);
    expect(played.groups).toEqual(played.expectedGroups);
    expect(played.removedRows > 0).toBe(REMOVES.has(name));
    expect(played.leftOpen).toEqual([]);
    expect(played.revisionsFromTheFuture).toBe(0);
    if (BOOTS.has(name)) expect(played.groupsAfter).toEqual(played.groups);
    else expect(played.groupsAfter).toHaveLength(LASTING[name] ?? 0);
  });
});

test("while its agents are silent a standing finding is unknown, and afterwards it stands on", async () => {
  const watched = await watchCloud(smallCloud(), [
    { name: "tunnel-half-open", atMs: 10_000 },
    { name: "all-agents-silent", atMs: 200_000 },
  ]);
  const seen = () => watched.open().map(({ invariant, state, isUnknown }) => ({ invariant, state, isUnknown }));
  try {
    await watched.advance(190_000);
    const stands = { invariant: "tunnel_one_end", state: "standing", isUnknown: false };
    expect(seen()).toEqual([stands]);
    await watched.advance(260_000);
    expect(seen()).toEqual([{ ...stands, isUnknown: true }]);
    await watched.advance(400_000);
    expect(seen()).toEqual([stands]);
    expect(watched.events.map(({ kind }) => kind)).toEqual(["began", "standing", "changed", "changed"]);
  } finally {
    await watched.close();
  }
});
