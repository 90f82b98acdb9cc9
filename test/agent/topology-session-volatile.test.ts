import { afterEach, beforeEach, expect, test } from "vitest";
import { Ledger } from "../../agent/session/ledger.ts";
import { startTopologySession } from "../../agent/session/topology-session.ts";
import { MAX_ELEMENTS_PER_BATCH } from "../../core/agent-protocol.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { Attributes, Element } from "../../core/element.ts";
import { interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { eventually } from "../fixtures/eventually.ts";
import { nic } from "../topology/arbitrary.ts";
import { type FakeCollector, NO_EVENTS, startFakeCollector } from "./fake-collector.ts";

let lifetime: Lifetime;
let collector: FakeCollector;

beforeEach(async () => {
  lifetime = new Lifetime();
  collector = await startFakeCollector(lifetime);
});
afterEach(() => lifetime.end());

const id = (name: string) => interfaceId("h", undefined, name);
const now = () => epochMsOf(systemClock.now());

/** An agent that agrees with its collector about these elements. */
function resumed(elements: readonly Element[]) {
  const ledger = new Ledger();
  ledger.update(elements, epochMsOf(555), new Map());
  ledger.acknowledgeFull(elements);
  collector.expectedDigest = ledger.digest;
  const options = { collectorUrl: collector.url, token: undefined, host: "h", bootId: "b", version: "1" };
  const changed = startTopologySession(
    options,
    ledger,
    { events: NO_EVENTS, clock: systemClock, log: silentLog, random: () => 0 },
    lifetime,
  );
  return (after: readonly Element[], at = now()) => {
    ledger.update(after, at, new Map());
    changed();
  };
}
const lastTold = () => eventually(() => collector.volatiles.at(-1)?.last === true, { what: "the last part" });
const valuesTold = (): { readonly [id: string]: Attributes } =>
  Object.assign({}, ...collector.volatiles.map(({ values }) => values));

test("asked with resume, it tells the volatile attributes of the elements that have any, and nothing else", async () => {
  collector.wantsVolatile = true;
  resumed([nic("h", "a", { mtu: 1500, ifindex: 2 }), nic("h", "b", { mtu: 1500 }), nic("h", "c", { tag: 4095 })]);
  await lastTold();
  const values = { [id("a")]: { ifindex: 2 }, [id("c")]: { tag: 4095 } };
  expect(collector.volatiles).toMatchObject([{ last: true, at: 555, values }]);
  expect(valuesTold()).toEqual(values);
  expect([collector.fulls, collector.changes]).toEqual([[], []]);
});

test("a host without any says so, or it would be asked for ever", async () => {
  collector.wantsVolatile = true;
  resumed([nic("h", "a", { mtu: 1500 })]);
  await lastTold();
  expect(collector.volatiles.map(({ values }) => values)).toEqual([{}]);
});

test("not asked, it tells none", async () => {
  const show = resumed([nic("h", "a", { ifindex: 2 })]);
  show([nic("h", "a", { ifindex: 2 }), nic("h", "b")]);
  await eventually(() => collector.changes.length === 1, { what: "the change" });
  expect(collector.volatiles).toEqual([]);
});

test("many go in bounded parts, each acknowledged before the next", async () => {
  collector.wantsVolatile = true;
  const elements = Array.from({ length: MAX_ELEMENTS_PER_BATCH * 2 + 1 }, (_, n) => nic("h", `e${n}`, { ifindex: n }));
  resumed(elements);
  await lastTold();
  expect(collector.volatiles.map(({ last, values }) => [last, Object.keys(values).length])).toEqual([
    [false, MAX_ELEMENTS_PER_BATCH],
    [false, MAX_ELEMENTS_PER_BATCH],
    [true, 1],
  ]);
  expect(valuesTold()).toEqual(Object.fromEntries(elements.map((it) => [it.id, it.attributes])));
});

test("told to wait, it tells changes meanwhile, and then all parts as they are by then", async () => {
  collector.wantsVolatile = true;
  collector.volatileReplies.push({ kind: "later", retry_after_ms: 100, server_at: now() });
  const show = resumed([nic("h", "a", { ifindex: 2 })]);
  await eventually(() => collector.volatiles.length === 1, { what: "the first attempt" });
  show([nic("h", "a", { ifindex: 3 })]);
  await eventually(() => collector.changes.length === 1, { what: "the change" });
  expect(collector.volatiles).toHaveLength(1);
  await eventually(() => collector.volatiles.length === 2, { what: "the second attempt" });
  expect(collector.volatiles[1]?.values).toEqual({ [id("a")]: { ifindex: 3 } });
  expect(collector.hellos).toHaveLength(1);
});

test("an interrupted telling begins anew with the next session", async () => {
  collector.wantsVolatile = true;
  collector.volatileReplies.push({ kind: "later", retry_after_ms: 60_000, server_at: now() });
  resumed([nic("h", "a", { ifindex: 2 })]);
  await eventually(() => collector.volatiles.length === 1, { what: "the first attempt" });
  collector.disconnectAll();
  await eventually(() => collector.volatiles.length === 2, { what: "the second attempt" });
});
