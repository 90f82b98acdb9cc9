import { beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { Attributes, Element } from "../../../core/element.ts";
import { hostId } from "../../../core/element-id.ts";
import type { FindingEvent } from "../../../topology/invariants/finding.ts";
import { FindingBook, MAX_SETTLE_MS } from "../../../topology/invariants/finding-book.ts";
import { BOOT_MS, OVS_RESTART_MS, Upheavals } from "../../../topology/invariants/upheaval.ts";
import { device, domain, ovsPort, port, vm } from "./elements.ts";
import { World } from "./world.ts";

const SETTLE_MS = 120_000;
const T = "tap1a2b3c4d-5e";
const whole = (on = "a") => ovsPort(on, T, { tag: 7 });
const dead = (on = "a") => ovsPort(on, T, { tag: 4095 });

let world: World;
let book: FindingBook;
let upheavals: Upheavals;
let now: number;

beforeEach(() => {
  world = new World();
  now = 0;
  upheavals = new Upheavals();
  book = newBook();
});

const newBook = () => new FindingBook({ graph: world.graph, upheavals, settleMsOf: () => SETTLE_MS });
const instant = () => ({ monotonicMs: now, at: epochMsOf(now) });
const put = (...elements: readonly Element[]) =>
  world.change({ put: elements }).flatMap((transition) => book.apply(transition, instant()));
const silence = (host: string, isSilent: boolean) => book.silence(host, isSilent, instant());
/** Moves on, a second at a time as timers would, and gives what became standing. */
function pass(ms: number): readonly FindingEvent[] {
  const events: FindingEvent[] = [];
  for (const end = now + ms; now < end; ) {
    now = Math.min(now + 1_000, end);
    events.push(...book.advance(instant()));
  }
  return events;
}
const kinds = (events: readonly FindingEvent[]) => events.map(({ kind }) => kind);
const states = () => Array.from(book.findings(), ({ state, isUnknown }) => (isUnknown ? `${state}?` : state));
const saw = (before: Attributes, after: Attributes) =>
  upheavals.notice({ kind: "update", id: hostId("a"), subject: { kind: "host", name: "a" }, before, after }, now);

describe("settling", () => {
  test("a breach stands once its settle time is over, not before", () => {
    expect(kinds(put(dead()))).toEqual(["began"]);
    expect(pass(SETTLE_MS - 1)).toEqual([]);
    expect(kinds(pass(1_000))).toEqual(["standing"]);
    expect(pass(10 * SETTLE_MS)).toEqual([]);
    expect(kinds(put(whole()))).toEqual(["ended"]);
  });

  test("one that ends while settling never stands, and one that comes again settles anew", () => {
    put(dead());
    pass(SETTLE_MS / 2);
    expect(kinds(put(whole()))).toEqual(["ended"]);
    put(dead());
    expect(pass(SETTLE_MS - 1_000)).toEqual([]);
    expect(kinds(pass(2_000))).toEqual(["standing"]);
  });

  test("it names the revision that broke it and when it began to stand", () => {
    put(whole());
    put(dead());
    const [event] = pass(SETTLE_MS + 1_000);
    expect(event?.finding).toMatchObject({ since: { revision: 2, at: 2_000 }, standingAt: SETTLE_MS });
  });
});

describe("upheavals give more time", () => {
  test.each([
    ["a boot", { boot_id: "1" }, { boot_id: "2" }, BOOT_MS],
    ["a boot, by its time", { booted_at: 0 }, { booted_at: 600_000 }, BOOT_MS],
    ["a restart of Open vSwitch", { ovs_started_at: 1 }, { ovs_started_at: 2 }, OVS_RESTART_MS],
  ])("%s", (_, before, now_, lastsMs) => {
    saw(before, now_);
    put(dead());
    expect(pass(lastsMs - 1_000)).toEqual([]);
    expect(kinds(pass(2_000))).toEqual(["standing"]);
  });

  test.each([
    ["a first word of the boot", {}, { boot_id: "2" }],
    ["a step of the clock", { booted_at: 0 }, { booted_at: 1_000 }],
  ])("%s is none", (_, before, now_) => {
    saw(before, now_);
    put(dead());
    expect(kinds(pass(SETTLE_MS))).toEqual(["standing"]);
  });

  test("of one host does not keep another's breaches", () => {
    saw({ boot_id: "1" }, { boot_id: "2" });
    put(dead("b"));
    expect(kinds(pass(SETTLE_MS))).toEqual(["standing"]);
  });

  test("a host that boots again and again does not hide its breaches for ever", () => {
    put(dead());
    for (let boots = 0; now + BOOT_MS / 2 < MAX_SETTLE_MS; boots++) {
      saw({ boot_id: `${boots}` }, { boot_id: `${boots + 1}` });
      expect(pass(BOOT_MS / 2)).toEqual([]);
    }
    saw({ boot_id: "x" }, { boot_id: "y" });
    expect(kinds(pass(MAX_SETTLE_MS + 1_000 - now))).toEqual(["standing"]);
  });

  test("a machine that migrates: its port stands only once it has arrived", () => {
    const failed = port("p", { binding_vif_type: "binding_failed", device_id: "v", device_owner: "compute:nova" });
    put(vm("v", { status: "MIGRATING" }), failed);
    expect(pass(3 * SETTLE_MS)).toEqual([]);
    put(vm("v", { status: "ACTIVE" }));
    expect(kinds(pass(31_000))).toEqual(["standing"]);
  });

  test("a domain that migrates has time for its interfaces", () => {
    const moving = { interfaces: [`tap:${T}`], state: "running" };
    put(domain("a", "v", moving), vm("v", { status: "MIGRATING" }));
    expect(pass(3 * SETTLE_MS)).toEqual([]);
    expect(kinds(put(device("a", "tap", T)))).toEqual(["ended"]);
  });
});

describe("a silent agent", () => {
  test("keeps its findings as they were: unknown, neither ended nor standing", () => {
    put(dead());
    expect(kinds(silence("a", true))).toEqual(["changed"]);
    expect(pass(10 * SETTLE_MS)).toEqual([]);
    expect(put(whole())).toEqual([]);
    expect(states()).toEqual(["settling?"]);
  });

  test("a finding that is mended when the agent speaks again ends then", () => {
    put(dead());
    pass(SETTLE_MS);
    silence("a", true);
    put(whole());
    expect(states()).toEqual(["standing?"]);
    expect(kinds(silence("a", false))).toEqual(["ended"]);
  });

  test("one that is still broken goes on, and one that was settling settles anew", () => {
    put(dead());
    silence("a", true);
    pass(SETTLE_MS);
    expect(kinds(silence("a", false))).toEqual(["changed"]);
    expect(pass(SETTLE_MS - 1_000)).toEqual([]);
    expect(kinds(pass(1_000))).toEqual(["standing"]);
  });

  test("what breaks meanwhile begins when the agent speaks again, since the revision that broke it", () => {
    silence("a", true);
    expect(put(dead())).toEqual([]);
    expect(states()).toEqual([]);
    const events = silence("a", false);
    expect(kinds(events)).toEqual(["began"]);
    expect(events[0]?.finding.since.revision).toBe(1);
  });

  test("what breaks and is mended meanwhile was never there", () => {
    silence("a", true);
    put(dead());
    put(whole());
    expect(silence("a", false)).toEqual([]);
  });

  test("on one side of a tunnel makes the tunnel unknown until both speak", () => {
    const [a, b] = ["172.16.0.1", "172.16.0.2"];
    put(device("a", "vxlan", "v", { local_ip: a, peers: [b] }), device("b", "vxlan", "v", { local_ip: b, peers: [] }));
    silence("a", true);
    silence("b", true);
    expect(kinds(silence("a", false))).toEqual([]);
    expect(states()).toEqual(["settling?"]);
    expect(kinds(silence("b", false))).toEqual(["changed"]);
  });
});

describe("over a restart", () => {
  function restart(isForgetful = false): readonly FindingEvent[] {
    const kept = [...book.findings()];
    book = newBook();
    now += 3_600_000;
    return book.restore(world.breaches(), kept, () => isForgetful, instant());
  }

  test("what stood stands on, without a word, since when it did", () => {
    put(dead());
    pass(SETTLE_MS);
    const before = [...book.findings()];
    expect(restart()).toEqual([]);
    expect([...book.findings()]).toEqual(before);
    expect(pass(SETTLE_MS)).toEqual([]);
    expect(kinds(put(whole()))).toEqual(["ended"]);
  });

  test("what was settling settles anew: nobody watched meanwhile", () => {
    put(dead());
    pass(SETTLE_MS / 2);
    expect(restart()).toEqual([]);
    expect(pass(SETTLE_MS - 1_000)).toEqual([]);
    expect(kinds(pass(1_000))).toEqual(["standing"]);
  });

  test("what is whole by now has ended", () => {
    put(dead());
    world.change({ put: [whole()] });
    expect(kinds(restart())).toEqual(["ended"]);
    expect(states()).toEqual([]);
  });

  test("what rests on attributes a restart forgets is unknown until the element is heard of", () => {
    put(dead());
    pass(SETTLE_MS);
    world.change({ put: [ovsPort("a", T, {})] });
    expect(restart(true)).toEqual([]);
    expect(states()).toEqual(["standing?"]);
    expect(book.heard(hostId("a"), instant())).toEqual([]);
    expect(kinds(book.heard(dead().id, instant()))).toEqual(["ended"]);
  });

  test("and stands on when the element is heard of and is broken", () => {
    put(dead());
    pass(SETTLE_MS);
    world.change({ put: [ovsPort("a", T, {})] });
    restart(true);
    expect(put(dead())).toEqual([]);
    expect(kinds(book.heard(dead().id, instant()))).toEqual(["changed"]);
    expect(states()).toEqual(["standing"]);
  });

  test("of an element that is gone nothing is unknown", () => {
    put(dead());
    world.change({ remove: [dead().id] });
    expect(kinds(restart(true))).toEqual(["ended"]);
  });
});

test("a breach that gets worse is the same finding", () => {
  const subnet = (used: number) => ({
    ...port("s"),
    id: port("s").id,
    kind: "subnet" as const,
    attributes: { used, total: 100 },
  });
  put(subnet(90));
  const [event] = put(subnet(97));
  expect(event).toMatchObject({ kind: "changed", finding: { level: "critical", since: { revision: 1 } } });
});
