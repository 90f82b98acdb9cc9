import { setTimeout as wait } from "node:timers/promises";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { background, run } from "../fixtures/command.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../fixtures/nephoscope.ts";
import { type OpenVswitch, startOpenVswitch } from "../fixtures/open-vswitch.ts";

// Skydive's scenarios that ask for counters: InterfaceMetrics as it is there; of SFlowMetric the counters of the switch's
// ports, since packets are not captured here.

const RangeAnswer = Type.Object({
  data: Type.Object({
    result: Type.Array(
      Type.Object({
        metric: Type.Record(Type.String(), Type.String()),
        values: Type.Array(Type.Tuple([Type.Number(), Type.String()])),
      }),
    ),
  }),
});
const InstantAnswer = Type.Object({
  data: Type.Object({ result: Type.Array(Type.Object({ value: Type.Tuple([Type.Number(), Type.String()]) })) }),
});

/** What a counter did in a stretch of time: how much in each slice, and in all. */
interface Slices {
  readonly series: number;
  readonly times: readonly number[];
  readonly parts: readonly number[];
  /** As PromQL counts it from end to end. */
  readonly total: number;
}

/** Whole seconds. */
interface Stretch {
  readonly selector: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

async function slicesOf(nephoscope: Nephoscope, { selector, fromSeconds, toSeconds }: Stretch): Promise<Slices> {
  const range = new URLSearchParams({ query: selector, start: `${fromSeconds}`, end: `${toSeconds}`, step: "1" });
  const { data } = Value.Parse(RangeAnswer, await nephoscope.get(`/api/v1/query_range?${range}`));
  const values = data.result[0]?.values ?? [];
  const numbers = values.map(([, value]) => Number(value));
  const query = `${selector} - ${selector} offset ${toSeconds - fromSeconds}s`;
  const instant = new URLSearchParams({ query, time: `${toSeconds}` });
  const total = Value.Parse(InstantAnswer, await nephoscope.get(`/api/v1/query?${instant}`)).data.result[0]?.value[1];
  return {
    series: data.result.length,
    times: values.map(([time]) => time),
    parts: numbers.slice(1).map((value, i) => value - (numbers[i] ?? 0)),
    total: Number(total),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** One UDP packet for each `each`, from a shell: to the address's discard port, whether or not somebody is there. */
async function sendPackets(network: TestNetwork, netns: string, address: string): Promise<void> {
  for (let round = 0; round < 6; round++) {
    const script = `for n in 1 2 3 4 5 6; do echo x > /dev/udp/${address}/9; done`;
    await network.execIn(netns, "bash", "-c", script).catch(() => undefined);
    await wait(500);
  }
}

describe("Skydive's scenarios with counters, live and in the past", () => {
  const lifetime = new Lifetime();
  const folder = temporaryFolder();
  const stretches = new Map<string, { readonly stretch: Stretch; readonly live: Slices }>();
  let network: TestNetwork;
  let ovs: OpenVswitch;
  let nephoscope: Nephoscope;

  const start = () =>
    startNephoscope({
      data: folder.path,
      settings: [`agent.ovs_database_socket=${ovs.databaseSocket}`, "agent.interval_seconds=1"],
    });
  beforeAll(async () => {
    network = await createTestNetwork(lifetime);
    ovs = await startOpenVswitch(network, lifetime);
    await ovs.addBridge("sk-sfmt");
    nephoscope = await start();
  });
  afterAll(async () => {
    await nephoscope.stop();
    await lifetime.end();
    folder.remove();
  });

  /** Waits for the first sample, has traffic made, waits for the last sample, and notes what the counter did. */
  async function observe(name: string, selector: string, atLeast: number, makeTraffic: () => Promise<void>) {
    const hasSample = async (query: string) => {
      const answer = await nephoscope.get(`/api/v1/query?${new URLSearchParams({ query })}`);
      return Value.Parse(InstantAnswer, answer).data.result.length > 0;
    };
    await eventually(() => hasSample(selector), { withinMs: 15_000, what: `samples of ${selector}` });
    const fromSeconds = Math.ceil(Date.now() / 1_000);
    await makeTraffic();
    const stretch = await eventually(
      async () => {
        const so = { selector, fromSeconds, toSeconds: Math.floor(Date.now() / 1_000) };
        return sum((await slicesOf(nephoscope, so)).parts) > atLeast ? so : undefined;
      },
      { withinMs: 15_000, what: `more than ${atLeast} packets of ${selector}` },
    );
    // A sample taken before the end may still be on its way, until a later one is there.
    await eventually(() => hasSample(`timestamp(${selector}) > ${stretch.toSeconds}`), {
      withinMs: 15_000,
      what: `a sample of ${selector} after the stretch`,
    });
    stretches.set(name, { stretch, live: await slicesOf(nephoscope, stretch) });
  }

  function expectSlices({ series, times, parts, total }: Slices, atLeast: number): void {
    expect(series).toBe(1);
    expect(times.length).toBeGreaterThan(2);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(sum(parts)).toBeGreaterThan(atLeast);
    expect(total).toBe(sum(parts));
  }

  test("TestInterfaceMetrics: packets on a loopback, slice by slice and in all", async () => {
    await run("ip", "netns", "add", "sk-im");
    lifetime.defer(
      "namespace sk-im",
      async () => void (await run("ip", "netns", "del", "sk-im").catch(() => undefined)),
    );
    await network.ipIn("sk-im", "link", "set", "lo", "up");
    // Counters are read through a process that lives inside.
    const holder = background("ip", ["netns", "exec", "sk-im", "sleep", "600"]);
    lifetime.defer("process in sk-im", holder.stop);
    const selector = 'net_if_tx_packets{netns="sk-im",interface="lo"}';
    await observe("TestInterfaceMetrics", selector, 25, () => sendPackets(network, "sk-im", "127.0.0.1"));
    expectSlices(stretches.get("TestInterfaceMetrics")?.live ?? expect.fail("nothing was observed"), 25);
    await holder.stop();
    await run("ip", "netns", "del", "sk-im");
  });

  test("TestSFlowMetric: packets through the ports of a bridge", async () => {
    const [a, b] = [await network.namespace(), await network.namespace()];
    for (const [netns, n] of [[a, 1] as const, [b, 2] as const]) {
      await network.ipIn(
        ovs.namespace,
        "link",
        "add",
        `sk-sf${n}`,
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "netns",
        netns,
      );
      await network.ipIn(ovs.namespace, "link", "set", `sk-sf${n}`, "up");
      await network.ipIn(netns, "addr", "add", `169.254.33.${n}/24`, "dev", "eth0");
      await network.ipIn(netns, "link", "set", "eth0", "up");
      await ovs.vsctl("add-port", "sk-sfmt", `sk-sf${n}`);
    }
    const selector = `net_if_tx_packets{netns="${ovs.namespace}",interface="sk-sf2"}`;
    await observe("TestSFlowMetric", selector, 1, () => sendPackets(network, a, "169.254.33.2"));
    expectSlices(stretches.get("TestSFlowMetric")?.live ?? expect.fail("nothing was observed"), 1);
    await ovs.vsctl("del-br", "sk-sfmt");
  });

  test("after teardown, kill -9 and a new start the same stretches answer the same", async () => {
    await nephoscope.kill();
    nephoscope = await start();
    for (const [name, { stretch, live }] of stretches) {
      expect([name, await slicesOf(nephoscope, stretch)]).toEqual([name, live]);
    }
    expect([...stretches.keys()]).toEqual(["TestInterfaceMetrics", "TestSFlowMetric"]);
  });
});
