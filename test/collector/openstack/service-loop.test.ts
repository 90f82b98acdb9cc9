import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Hints, Later } from "../../../collector/openstack/pending-hints.ts";
import type { Round, ServiceSync } from "../../../collector/openstack/round.ts";
import { ServiceLoop } from "../../../collector/openstack/service-loop.ts";
import { noRoundTracing } from "../../../collector/pull/round-tracing.ts";
import { systemClock } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { serverError } from "./stub-api.ts";

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A service that takes its time; what is asked of it, and when. */
class Service implements ServiceSync {
  readonly asked: string[] = [];
  answersMs = 100;
  isBroken = false;
  pages = 1;
  later: readonly Later[] = [];
  /** Named by each round. */
  missing: readonly string[] = [];

  generation?: () => number;
  full = (round: Round) => this.#round("full", round);
  poll? = (round: Round) => this.#round("poll", round);
  look? = async (hints: Hints) => {
    await this.#ask([...hints].map(([kind, { ids, all }]) => `${kind} ${all ? "*" : [...ids]}`).join("; "));
    return this.later;
  };

  async #round(what: string, round: Round): Promise<void> {
    for (let page = 0; page < this.pages; page++) {
      await this.#ask(what);
      await round.between();
    }
    for (const it of this.missing) round.missing({ what: it, reason: "", hint: "" });
  }

  async #ask(what: string): Promise<void> {
    this.asked.push(`${Math.round(performance.now() - began)} ${what}`);
    await wait(this.answersMs);
    if (this.isBroken) throw serverError("/x");
  }
}

let began = 0;
let end: AbortController;
let running: Promise<void>;
beforeEach(() => {
  vi.useFakeTimers();
  end = new AbortController();
});
afterEach(async () => {
  end.abort();
  await vi.advanceTimersByTimeAsync(1_000);
  await running;
  vi.useRealTimers();
});
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Half a second after it has begun; all was read. */
async function start(
  service = new Service(),
  {
    isThere = async () => true,
    beat = { fullEveryMs: 600_000, pollEveryMs: 20_000 },
    before = (_loop: ServiceLoop) => {},
  } = {},
) {
  const api = { service: "network" as const, region: "r", isThere };
  const options = {
    cluster: "c",
    tracing: noRoundTracing(),
    beat,
    roundMs: 300_000,
    clock: systemClock,
    log: silentLog,
    random: () => 0.5,
  };
  const loop = new ServiceLoop({ api, sync: service, ...options });
  began = performance.now();
  before(loop);
  running = loop.run(end.signal);
  await pass(500);
  return { service, loop };
}

test("a hint is asked after at once, and rounds go on as before", async () => {
  const { service, loop } = await start();
  loop.hint("port", "a");
  loop.hint("port", "b");
  await pass(20_000);
  expect(service.asked).toEqual(["0 full", "600 port a,b", "20100 poll"]);
});

test("what is hinted while it is looked at is looked at again, half a second later", async () => {
  const { service, loop } = await start();
  loop.hint("port", "a");
  await pass(150);
  loop.hint("port", "a");
  await pass(2_000);
  expect(service.asked).toEqual(["0 full", "600 port a", "1200 port a"]);
});

test("a hint during a long round is asked after between two of its answers", async () => {
  const { service, loop } = await start();
  service.pages = 15;
  await pass(20_000);
  expect(service.asked.at(-1)).toBe("20500 poll");
  loop.hint("port", "a");
  await pass(500);
  // It was collected for a tenth of a second, and asked for after the answer that was under way.
  expect(service.asked.slice(-6, -2)).toEqual(["20500 poll", "20600 port a", "20700 poll", "20800 poll"]);
  expect(loop.health.rounds).toBe(1);
});

test("a hint during the first reading is asked after when that is over", async () => {
  const service = new Service();
  service.pages = 20;
  const { loop } = await start(service);
  loop.hint("port", "a");
  await pass(2_500);
  expect(service.asked.slice(-2)).toEqual(["1900 full", "2001 port a"]);
});

test("a service that fails is left alone until its pause is over, and then what was hinted is asked after", async () => {
  const { service, loop } = await start();
  service.isBroken = true;
  loop.hint("port", "a");
  await pass(300);
  expect(loop.health.state).toBe("failing");
  for (let n = 0; n < 50; n++) {
    loop.hint("port", "b");
    loop.hurry();
    await pass(100);
  }
  expect(service.asked).toEqual(["0 full", "600 port a"]);
  service.isBroken = false;
  await pass(20_000);
  expect(service.asked.slice(2, 4)).toEqual(["20700 poll", expect.stringMatching(/^208\d\d port a,b$/)]);
});

test("whoever listens again asks once for all that changed, and no more often when he is cut off again and again", async () => {
  const { service, loop } = await start();
  for (let n = 0; n < 100; n++) {
    loop.hurry();
    await pass(100);
  }
  expect(service.asked).toEqual(["0 full", "15100 poll"].slice(0, 1));
  await pass(5_000);
  expect(service.asked).toEqual(["0 full", "15100 poll"]);
});

test("where nothing can be asked by its id, a hint is a reason for a round", async () => {
  const service = new Service();
  delete service.look;
  delete service.poll;
  const { loop } = await start(service, { beat: { fullEveryMs: 600_000, pollEveryMs: 600_000 } });
  await pass(60_000);
  loop.hint("project", undefined);
  await pass(200);
  loop.hint("project", undefined);
  await pass(14_000);
  expect(service.asked).toEqual(["0 full", "60600 full"]);
  await pass(2_000);
  expect(service.asked).toEqual(["0 full", "60600 full", "75700 full"]);
});

test("what a look leaves for later is looked at later", async () => {
  const { service, loop } = await start();
  service.later = [{ kind: "server", id: "z" }];
  loop.hint("server", "a");
  await pass(200);
  service.later = [];
  await pass(2_000);
  expect(service.asked).toEqual(["0 full", "600 server a", "1200 server z"]);
});

/** What the loop asks without end would never let the test come to its own end. */
function counted<R>(most: number, answer: R) {
  let asked = 0;
  const ask = async () => {
    if (++asked > most) throw new Error(`asked more than ${most} times`);
    return answer;
  };
  return { ask, asked: () => asked };
}

test.each([
  ["is heard of", ({ loop }: { loop: ServiceLoop }) => loop.hint("load-balancer", "b")],
  ["is to be looked for", ({ loop }: { loop: ServiceLoop }) => loop.hurry()],
])("of a service that the catalogue does not have nothing is remembered that %s before or after", async (_how, act) => {
  const isThere = counted(100, false);
  const service = new Service();
  const { loop } = await start(service, { isThere: isThere.ask, before: (it) => act({ loop: it }) });
  for (let n = 0; n < 10; n++) act({ loop });
  await pass(60_000);
  expect([service.asked, loop.health.state]).toEqual([[], "absent"]);
  // Whether it is there by now is asked at its beat alone.
  expect(isThere.asked()).toBe(4);
});

test("what is hinted of a service while it is found to be absent is forgotten, also where a hint asks for a round", async () => {
  const isThere = counted(100, false);
  const service = new Service();
  delete service.look;
  let isHinted = false;
  const ask = async () => {
    const answer = await isThere.ask();
    if (!isHinted) loops[0]?.hint("load-balancer", "b");
    isHinted = true;
    return answer;
  };
  const loops: ServiceLoop[] = [];
  await start(service, { isThere: ask, before: (loop) => loops.push(loop) });
  await pass(60_000);
  expect([isHinted, service.asked, isThere.asked()]).toEqual([true, [], 4]);
});

test("whatever is due at once without end, the process goes on: a turn takes a millisecond", async () => {
  const service = new Service();
  const poll = counted(10_000, undefined);
  service.poll = poll.ask;
  const { loop } = await start(service, { beat: { fullEveryMs: 600_000, pollEveryMs: -1 } });
  await pass(500);
  expect(loop.health.state).toBe("ok");
  expect(poll.asked()).toBeGreaterThan(100);
  expect(poll.asked()).toBeLessThanOrEqual(1_000);
});

test("what a round of changes does without is named beside what the whole one did, once, and until the next whole one", async () => {
  const { service, loop } = await start(new Service(), { beat: { fullEveryMs: 100_000, pollEveryMs: 20_000 } });
  const what = () => loop.health.missing.map((it) => it.what);
  service.missing = ["quotas"];
  await pass(20_000);
  service.missing = ["quotas", "volumes"];
  await pass(40_000);
  expect(what()).toEqual(["quotas", "volumes"]);
  service.missing = ["volumes"];
  await pass(20_000);
  expect(what()).toEqual(["quotas", "volumes"]);
  await pass(40_000);
  expect(what()).toEqual(["volumes"]);
});

test("everything is read anew once names came, also those that came while it was read", async () => {
  const { service } = await start();
  let names = 0;
  service.generation = () => names;
  names = 1;
  await pass(19_650);
  // The round that began then is under way.
  names = 2;
  await pass(50_000);
  expect(service.asked).toEqual(["0 full", "20100 full", "40200 full", "60300 poll"]);
});
