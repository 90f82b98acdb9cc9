import { afterEach, beforeEach, expect, test } from "vitest";
import { openVswitchProbes } from "../../../agent/ovs/open-vswitch-probes.ts";
import { type ProbeRunner, startProbes } from "../../../agent/probe-runner.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { hostId } from "../../../core/element-id.ts";
import type { HostEvent } from "../../../core/host-event.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import type { Point } from "../../../core/line-protocol.ts";
import { silentLog } from "../../../core/log.ts";
import { MemoryMetricStore } from "../../fakes/memory-metric-store.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { ask } from "../../promql/ask.ts";
import { samplesOf } from "../fixtures/catalogue-samples.ts";
import { createTestNetwork, type TestNetwork } from "../fixtures/namespaces.ts";
import { type OpenVswitch, startOpenVswitch } from "../fixtures/open-vswitch.ts";
import { HOST, startRunningAgent } from "../fixtures/running-agent.ts";

let lifetime: Lifetime;
let network: TestNetwork;
let ovs: OpenVswitch;

beforeEach(async () => {
  lifetime = new Lifetime();
  network = await createTestNetwork(lifetime);
  ovs = await startOpenVswitch(network, lifetime);
  await ovs.addBridge("br-int");
});
afterEach(() => lifetime.end());

/** A veth pair in the switch's namespace, both ends up; the first is `name`, the second `<name>p`. */
async function cable(name: string): Promise<void> {
  await network.batchIn(ovs.namespace, [
    `link add ${name} type veth peer name ${name}p`,
    `link set ${name} up`,
    `link set ${name}p up`,
  ]);
}

/** The probes alone, as the agent runs them, without a collector. */
async function probesAlone() {
  const events: HostEvent[] = [];
  let changes = 0;
  const probes = startProbes(
    openVswitchProbes(HOST, { databaseSocket: ovs.databaseSocket }, { proc: createProcReader(), log: silentLog }),
    {
      clock: systemClock,
      log: silentLog,
      changed: () => void changes++,
      report: (event) => events.push(event),
      elements: () => new Map(),
      sampleDeadlineMs: 4_000,
    },
    lifetime,
  );
  await probes.ready;
  return { probes, events, changes: () => changes };
}

async function pointsOf(probes: ProbeRunner, pattern: RegExp): Promise<readonly Point[]> {
  const points: Point[] = [];
  // Interfaces are told when it is known which of them the kernel counts.
  probes.contributions({ host: HOST, kernel: undefined });
  await probes.sample(systemClock.now(), (point) => points.push(point));
  return points.filter(({ measurement }) => pattern.test(measurement));
}

test("a running agent writes datapath, threads, daemon, bonds and tunnels of the real switch", async () => {
  const agent = await startRunningAgent(lifetime, { ovsDatabaseSocket: ovs.databaseSocket, intervalMs: 1_000 });
  await ovs.addBridge("br-tun");
  for (const name of ["b0", "b1"]) await cable(name);
  await ovs.vsctl("add-bond", "br-int", "bond0", "b0", "b1", "bond_mode=balance-tcp", "lacp=active");
  await ovs.vsctl("add-bond", "br-tun", "bond1", "b0p", "b1p", "bond_mode=balance-tcp", "lacp=active");
  const vxlan = ["type=vxlan", "options:remote_ip=192.0.2.9", "options:local_ip=192.0.2.1"];
  await ovs.vsctl("add-port", "br-tun", "vx", "--", "set", "interface", "vx", ...vxlan);
  const written = (pattern: RegExp) =>
    eventually(() => agent.collector.writes.flatMap(({ lines }) => lines).find((line) => pattern.test(line)), {
      withinMs: 30_000,
      what: `a line like ${pattern}`,
    });
  const host = `host=${HOST}`;
  await written(
    new RegExp(
      `^ovs_datapath,datapath=netdev@ovs-netdev,${host} hit=\\d+i,missed=[1-9]\\d*i,lost=\\d+i,flows=\\d+i,flow_limit=\\d+i,dump_duration_s=[\\d.]+,hw_offload=0i `,
    ),
  );
  await written(new RegExp(`^ovs_pmd,core=main,${host} packets=\\d+i,.*miss_ok=[1-9]`));
  await written(new RegExp(`^ovs_daemon,daemon=ovs-vswitchd,${host} uptime_s=[\\d.]+,handlers=\\d+i,.*rules=\\d+i`));
  await written(new RegExp(`^ovs_bond,bond=bond0,${host},member=b0 enabled=1i,active=[01]i,lacp_current=1i`));
  await written(
    new RegExp(
      `^ovs_interface,bridge=br-tun,${host},interface=vx,port=vx,remote_ip=192.0.2.9,type=vxlan .*tx_bytes=[1-9]`,
    ),
  );
  await ovs.vsctl("set", "open_vswitch", ".", "other_config:hw-offload=true");
  await written(/^ovs_datapath,.*hw_offload=1i/);
  expect(
    (await agent.node(hostId(HOST), ({ attributes }) => attributes.ovs_hw_offload === true)).attributes,
  ).toMatchObject({
    ovs_version: expect.stringMatching(/^\d+\.\d+/),
    sources: expect.arrayContaining(["openvswitch", "ovs-vswitchd"]),
  });
  expect(
    agent.collector.writes.flatMap(({ lines }) => lines).filter((line) => /^ovs_interface.*=(patch|b0)\b/.test(line)),
  ).toEqual([]);
});

test("a restart of ovs-vswitchd is an event, and sets counters back without a false rate", {
  timeout: 60_000,
}, async () => {
  await cable("v0");
  await ovs.vsctl("add-port", "br-int", "v0");
  await network.batchIn(ovs.namespace, [
    "addr add 192.0.2.1/24 dev v0p",
    "neigh add 192.0.2.2 dev v0p lladdr 02:00:00:00:00:02 nud permanent",
  ]);
  const { probes, events } = await probesAlone();
  const points: Point[] = [];
  const sample = async () => points.push(...(await pointsOf(probes, /^ovs_datapath$/)));
  const figure = (name: string) => points.map(({ fields }) => intOf(fields[name]));
  /** Forty packets each time, and a sample. */
  const send = async (times: number) => {
    const script = "for n in {1..40}; do echo x > /dev/udp/192.0.2.2/9; done";
    for (let n = 0; n < times; n++) {
      await network.execIn(ovs.namespace, "bash", "-c", script);
      await sample();
    }
  };
  await sample();
  await send(10);
  const before = systemClock.now();
  await ovs.restartVswitchd();
  await eventually(() => events.length > 0, { what: "the event" });
  await send(10);
  const hits = figure("hit");
  const reset = hits.findIndex((hit, i) => hit < (hits[i - 1] ?? 0));
  expect(reset).toBeGreaterThan(1);

  expect(events).toMatchObject([{ kind: "ovs-restarted", element: hostId(HOST) }]);
  // The kernel tells the time of its boot in whole seconds.
  expect(Math.abs(Number(events[0]?.at) - before)).toBeLessThan(5_000);

  const store = await storeOf(points);
  const times = points.map(({ at }) => at / 1_000);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  for (const name of ["hit", "missed"]) {
    const counted = figure(name);
    const really = counted.reduce((sum, value, i) => {
      const earlier = counted[i - 1];
      return earlier === undefined ? 0 : sum + (value < earlier ? value : value - earlier);
    }, 0);
    const window = Math.ceil(last - first) + 1;
    const [increase] = Object.values(await ask(store, `increase(ovs_datapath_${name}[${window}s])`, last));
    expect(increase).toBeGreaterThan(0);
    expect(increase).toBeLessThan(really * 1.5);
  }
  const rate = (name: string) => `rate(ovs_datapath_${name}[3s])`;
  const ratios: number[] = [];
  for (const time of times.slice(2)) {
    ratios.push(...Object.values(await ask(store, `${rate("missed")} / (${rate("hit")} + ${rate("missed")})`, time)));
  }
  expect(ratios.length).toBeGreaterThan(5);
  for (const ratio of ratios) {
    expect(ratio).toBeGreaterThanOrEqual(0);
    expect(ratio).toBeLessThanOrEqual(1);
  }
});

test("each start of ovs-vswitchd has its own time, which is volatile; without it nothing is counted", async () => {
  const { probes } = await probesAlone();
  await ovs.vsctl(
    "add-port",
    "br-int",
    "vx",
    "--",
    "set",
    "interface",
    "vx",
    "type=vxlan",
    "options:remote_ip=192.0.2.9",
  );
  const startedAt = () =>
    probes
      .contributions({ host: HOST, kernel: undefined })
      .map(({ attributes }) => attributes?.get(hostId(HOST))?.ovs_started_at)
      .find((it) => it !== undefined);
  const first = Number(startedAt());
  expect(Math.abs(first - systemClock.now())).toBeLessThan(30_000);
  await ovs.stopVswitchd();
  const isPresent = async () => {
    const points = await pointsOf(probes, /^agent_probe$/);
    return JSON.stringify(points.find(({ tags }) => tags.probe === "ovs-vswitchd")?.fields.present) === '{"int":1}';
  };
  await eventually(async () => !(await isPresent()), { what: "the loss" });
  expect(startedAt()).toBe(first);
  expect(await pointsOf(probes, /^ovs_/)).toEqual([]);
  await ovs.startVswitchd();
  await eventually(() => Number(startedAt()) > first, { what: "the later start" });
  const measured = (await pointsOf(probes, /^ovs_/)).map(({ measurement }) => measurement);
  expect(measured).toEqual(expect.arrayContaining(["ovs_datapath", "ovs_daemon", "ovs_interface"]));
});

test("a change of the configuration is told at once, and counters that rise are no change", {
  timeout: 60_000,
}, async () => {
  await cable("v0");
  const vxlan = ["type=vxlan", "options:remote_ip=192.0.2.9", "options:local_ip=192.0.2.1"];
  await ovs.vsctl(
    "add-port",
    "br-int",
    "v0",
    "--",
    "add-port",
    "br-int",
    "vx",
    "--",
    "set",
    "interface",
    "vx",
    ...vxlan,
  );
  await network.batchIn(ovs.namespace, [
    "addr add 192.0.2.1/24 dev v0p",
    "neigh add 192.0.2.2 dev v0p lladdr 02:00:00:00:00:02 nud permanent",
  ]);
  const { probes, changes } = await probesAlone();
  const elements = () => probes.contributions({ host: HOST, kernel: undefined })[0];
  const sentBytes = async () => {
    await network.execIn(ovs.namespace, "bash", "-c", "echo x > /dev/udp/192.0.2.2/9");
    const points = await pointsOf(probes, /^ovs_interface$/);
    return intOf(points.findLast(({ tags }) => tags.interface === "vx")?.fields.tx_bytes);
  };
  const first = await eventually(async () => (await sentBytes()) || undefined, { what: "the first bytes" });
  const [said, changesBefore] = [elements(), changes()];
  await eventually(async () => (await sentBytes()) > first, { what: "more bytes" });
  expect(changes()).toBe(changesBefore);
  expect(elements()).toBe(said);
  await ovs.vsctl("set", "port", "v0", "vlan_mode=access");
  await eventually(() => changes() > changesBefore, { what: "the change to be told" });
  expect(JSON.stringify(elements())).toContain('"vlan_mode":"access"');
});

test("the owner of a port can be joined with the counters of its device", async () => {
  const owner = { port_id: "port-1", vm_id: "vm-1" };
  const device = { host: "h", interface: "tap1" };
  const store = await storeOf(
    [1, 2, 3].flatMap((n): readonly Point[] => {
      const at = epochMsOf(n * 10_000);
      return [
        { measurement: "net_if", tags: { ...device, kind: "tap" }, fields: { rx_bytes: { int: n * 70 } }, at },
        { measurement: "ovs_interface", tags: { ...device, ...owner }, fields: { link_up: { int: 0 } }, at },
      ];
    }),
  );
  const query =
    "rate(net_if_rx_bytes[1m]) * on (host, interface) group_left (port_id, vm_id) ovs_interface_link_up ^ 0";
  const [[labels, value] = []] = Object.entries(await ask(store, query, 30));
  expect(labels).toContain('vm_id="vm-1"');
  expect(value).toBeGreaterThan(0);
});

async function storeOf(points: readonly Point[]): Promise<MemoryMetricStore> {
  const store = new MemoryMetricStore();
  await store.write({ samples: samplesOf(points) });
  return store;
}

function intOf(value: Point["fields"][string]): number {
  return typeof value === "object" ? Number(value.int) : Number.NaN;
}
