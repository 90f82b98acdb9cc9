import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { type Element, isLink } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId, isWithin, ownerHostOf } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { apply, type Change } from "../../../topology/model/change.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import { type Owner, ownerKeyOf, ownerKeyOfId } from "../../../topology/ownership.ts";
import { openRecorder, type Recorder } from "../../../topology/recorder.ts";
import { LiveRoutes } from "../../../web/server/live-routes.ts";
import { type LiveFilter, LiveScope } from "../../../web/server/live-scope.ts";
import { hostNode, idsOf, nic } from "../../topology/arbitrary.ts";
import { CLOUD_HOSTS, cloudArbitrary } from "../../topology/cloud.ts";
import { MemoryRevisionLog, SetClock } from "../../topology/fakes.ts";

const NOW = epochMsOf(1_700_000_000_000);
const OWNERS: readonly Owner[] = [
  ...CLOUD_HOSTS.map((host) => ({ kind: "agent", host }) as const),
  { kind: "recorder", host: "a" },
  { kind: "openstack", cluster: "c" },
];
const ZONE = elementIdOf("region", "r", "zone", "z1");
const FILTERS: readonly LiveFilter[] = [
  {},
  { kinds: new Set(["tap", "implements"]) },
  { root: hostId("a") },
  { root: interfaceId("a", undefined, "tap1") },
  { root: elementIdOf("vm", "u1") },
  { root: elementIdOf("region", "r") },
  { root: ZONE },
  { root: elementIdOf("region", "r", "zone", "z1", "rack", "k1") },
  { root: elementIdOf("region", "r", "zone", "z1", "rack", "k2"), kinds: new Set(["host", "vm"]) },
];

let lifetime: Lifetime;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

const open = () =>
  openRecorder({ cluster: "c", store: new MemoryRevisionLog(), clock: new SetClock(NOW), log: silentLog }, lifetime);
const say = (recorder: Recorder, owner: Owner, state: Topology) =>
  recorder.record({ kind: "full", owner, at: NOW, elements: ownedIn(state, owner) });

function ownedIn(state: Topology, owner: Owner): readonly Element[] {
  return [...state.values()].filter(({ id }) => ownerKeyOfId(id) === ownerKeyOf(owner));
}

/** Element by element, with no index. */
function isShown({ graph }: Recorder, element: Element, { root, kinds }: LiveFilter): boolean {
  if (kinds !== undefined && !kinds.has(element.kind)) return false;
  const isJoin = isLink(element) && element.id.startsWith("derived/");
  const source = isJoin ? element.from : element.id;
  if (root === undefined || isWithin(element.id, root) || isWithin(source, root)) return true;
  const host = ownerHostOf(source) ?? (isLink(element) ? undefined : element.host);
  const node = host === undefined ? undefined : graph.get(hostId(host));
  const place = node === undefined || isLink(node) ? undefined : node.parent;
  return place !== undefined && root.startsWith("region/") && isWithin(place, root);
}

/** A view as a subscriber has it: what it was given at first, then every change it is told. */
function follow(recorder: Recorder, filter: LiveFilter) {
  const scope = new LiveScope(recorder, filter);
  let state = topologyOf(scope.elements(1_000) ?? []);
  return {
    filter,
    tell: (change: Change) => {
      scope.add(change, NOW);
      state = apply(state, (scope.take()?.changes ?? []) as readonly Change[]);
    },
    state: () => state,
  };
}

describe("views", () => {
  test("each has, after any history and from any moment on, what it is of and nothing else", async () => {
    const statement = fc.record({ state: cloudArbitrary, owner: fc.constantFrom(...OWNERS) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(statement, { maxLength: 4 }),
        fc.array(statement, { minLength: 1, maxLength: 10 }),
        async (before, after) => {
          const recorder = await open();
          for (const { state, owner } of before) await say(recorder, owner, state);
          const routes = new LiveRoutes<ReturnType<typeof follow>>(recorder);
          const views = FILTERS.map((filter) => follow(recorder, filter));
          for (const view of views) routes.add(view);
          recorder.onRevision(({ changes }) => {
            for (const [view, change] of routes.route(changes)) view.tell(change);
          });
          for (const { state, owner } of after) await say(recorder, owner, state);
          for (const { filter, state } of views) {
            const shown = [...recorder.graph.elements()].filter((element) => isShown(recorder, element, filter));
            expect([filter, [...state().keys()].sort()]).toEqual([filter, idsOf(shown)]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("of a depth has that many levels", async () => {
    const recorder = await open();
    const state = topologyOf([{ ...hostNode("a"), parent: ZONE }, nic("a", "eth0")]);
    await say(recorder, { kind: "agent", host: "a" }, state);
    const ids = (filter: LiveFilter) => idsOf(new LiveScope(recorder, filter).elements(100) ?? []);
    expect(ids({ root: ZONE, depth: 0 })).toEqual([ZONE]);
    expect(ids({ root: ZONE, depth: 1 })).toEqual(["host/a", ZONE]);
    expect(ids({ root: ZONE, depth: 2 })).toEqual(["host/a", "host/a/if/eth0", ZONE]);
    expect(ids({ root: hostId("a"), depth: 0 })).toEqual(["host/a"]);
  });
});

test("a change looks only at the views it concerns, however many there are", async () => {
  const recorder = await open();
  const routes = new LiveRoutes<{ readonly filter: LiveFilter }>(recorder);
  let asked = 0;
  const viewOf = (root: ElementId) => ({
    get filter() {
      asked++;
      return { root };
    },
  });
  for (let host = 0; host < 1_000; host++) routes.add(viewOf(hostId(`h${host}`)));
  await say(recorder, { kind: "agent", host: "h7" }, topologyOf([{ ...hostNode("h7"), host: "h7" }]));
  asked = 0;
  const change: Change = { kind: "add", element: nic("h7", "eth0") };
  const told = [...routes.route(Array.from({ length: 100 }, () => change))];
  expect(told.length).toBe(100);
  // Whoever looks through the views has to ask each for its root.
  expect(asked).toBe(0);
});
