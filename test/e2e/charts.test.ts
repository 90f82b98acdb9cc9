import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Attributes, Element } from "../../core/element.ts";
import { elementIdOf, hostId } from "../../core/element-id.ts";
import { formatPoint, type Point } from "../../core/line-protocol.ts";
import { eventually } from "../fixtures/eventually.ts";
import { TestAgent } from "../fixtures/topology-site.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../integration/fixtures/nephoscope.ts";
import { hostNode } from "../topology/arbitrary.ts";
import { openPage } from "./fixtures/page.ts";
import { browserFor, HALF_THE_PAIRS } from "./fixtures/themed-browser.ts";
import { violationsOn } from "./fixtures/violations.ts";

const CLUSTER = "test";
const HOST = "network-1";
const OTHERS = ["network-2", "network-3"];
const UUID = "4f1c0f5e-0000-4000-8000-000000000001";
const DOMAIN = elementIdOf("host", HOST, "domain", UUID);
const PASSED = elementIdOf("host", HOST, "domain", "5f1c");
const SPEAKER = elementIdOf("host", HOST, "bgp", "65000");
const WITHIN_MS = 20_000;
const folder = temporaryFolder();
let nephoscope: Nephoscope;
let agent: TestAgent;

const node = (kind: "domain" | "bgp-speaker" | "vni", id: Element["id"], name: string, attributes: Attributes) =>
  ({ id, kind, name, cluster: CLUSTER, host: HOST, parent: hostId(HOST), attributes }) as const;

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: folder.path, settings: ["agent.enabled=false"] });
  agent = new TestAgent(nephoscope.url);
  await agent.hello(HOST);
  const sources = ["conntrack", "connections", "cpu", "mem", "openvswitch", "ovs-vswitchd", "process", "qemu"];
  await agent.full([
    {
      ...hostNode(HOST),
      cluster: CLUSTER,
      attributes: { role: "network", sources, memory_bytes: 512 * 2 ** 30, ovs_hw_offload: true },
    },
    node("domain", DOMAIN, "instance-00000001", {
      uuid: UUID,
      state: "running",
      memory_mib: 4096,
      guest_addresses: Array.from({ length: 20 }, (_, index) => `10.0.${index}.5/24`),
    }),
    node("domain", PASSED, "instance-00000002", {
      uuid: "5f1c",
      state: "paused",
      connections: "not measurable (vf)",
    }),
    node("bgp-speaker", SPEAKER, "AS65000", {
      bgp_daemon: "frr",
      peers: ["10.0.0.1", "10.0.0.2"],
      peers_down: ["10.0.0.2"],
    }),
    node("vni", elementIdOf("host", HOST, "vni", "10042"), "10042", { vni: 10042 }),
  ]);
  await write(history(Date.now()));
});
afterAll(async () => {
  agent.close();
  await nephoscope.stop();
  folder.remove();
});

describe.each(HALF_THE_PAIRS)("in %s, %s", (colorScheme, language) => {
  const browser = browserFor({ colorScheme, language, height: 2_000 });
  const picture = (name: string) => {
    const path = `test/artifacts/charts-${name}-${colorScheme}-${language}.png`;
    return browser().page.getByTestId("details").screenshot({ path });
  };
  const chart = (key: string) => browser().page.getByTestId(`chart-${key}`);

  async function open(id: Element["id"]): Promise<void> {
    await openPage(browser(), nephoscope, `/?host=${HOST}&sel=${encodeURIComponent(id)}`);
  }
  async function openCharts(id: Element["id"]): Promise<void> {
    await open(id);
    await browser().page.getByRole("tab").nth(1).click();
  }
  async function drawn(key: string): Promise<void> {
    await chart(key).scrollIntoViewIfNeeded({ timeout: WITHIN_MS });
    await chart(key).locator("canvas").waitFor({ timeout: WITHIN_MS });
  }

  test("a network node's share of its cluster's traffic is one chart with a line for each network node", async () => {
    await openPage(browser(), nephoscope, `/?host=${HOST}`);
    await browser().page.getByTestId("host-details").click();
    await browser().page.getByRole("tab").nth(1).click();
    for (const key of ["share-of-traffic", "share-of-packets", "routed-bits", "processes", "upcalls"]) await drawn(key);
    const keys = await chart("share-of-traffic").locator('[class*="key"] > span').allInnerTexts();
    expect(keys.map((key) => key.trim()).filter((key) => key !== "")).toEqual([HOST, ...OTHERS]);
    await chart("share-of-traffic").getByRole("button").click();
    const table = await chart("share-of-traffic").getByRole("table").innerText();
    expect(table).toMatch(/50 %\s+30 %\s+20 %/);
    await chart("share-of-traffic").getByRole("button").click();
    await drawn("share-of-traffic");
    await picture("host");
  });

  test("what was never measured of a host is named instead of drawn empty", async () => {
    expect(await browser().page.getByTestId("charts-not-measured").innerText()).toMatch(
      language === "en" ? /Disk latency, Disks busy/ : /磁盘延迟；磁盘繁忙度/,
    );
    expect(await chart("disk-busy").count()).toBe(0);
  });

  test("charts, notes and tables have no violation that axe finds", async () => {
    await chart("processes").getByRole("button").click();
    await chart("processes").getByRole("table").waitFor();
    expect(await violationsOn(browser().page)).toEqual([]);
    await picture("table");
  });

  test("a machine has charts of its processors, memory, disks, traffic and connections", async () => {
    await openCharts(DOMAIN);
    for (const key of ["vm-cpu", "vm-memory", "vm-disk-bytes", "vm-disk-latency", "bits", "packets", "connections"]) {
      await drawn(key);
    }
    await picture("machine");
    expect(await chart("vm-filesystems").count()).toBe(0);
  });

  test("connections that cannot be measured are said to be so", async () => {
    await openCharts(PASSED);
    await eventually(async () => /SR-IOV/.test(await chart("connections").innerText()), {
      withinMs: WITHIN_MS,
      what: "the reason",
    });
    expect(await chart("connections").locator("canvas").count()).toBe(0);
    await picture("unmeasurable");
  });

  test("a speaker and a VNI are on the map, and the speaker's sessions are drawn", async () => {
    await openCharts(SPEAKER);
    await drawn("bgp-peers");
    await drawn("bgp-messages");
    await picture("speaker");
    await browser().picture(`charts-map-${colorScheme}-${language}`);
  });

  test("the overview of a host says in words what is read there, and what is missing", async () => {
    await open(hostId(HOST));
    const missing = await browser().page.getByTestId("sources-missing").innerText();
    expect(missing).toBe(language === "en" ? "LLDP neighbours" : "LLDP 邻居");
    expect(await browser().page.getByTestId("details").innerText()).toContain("512 GiB");
    await picture("overview");
    await open(DOMAIN);
    expect(await browser().page.getByTestId("details").innerText()).toContain("4 GiB");
    await picture("machine-overview");
  });

  test("nothing went wrong in the page", () => {
    expect(browser().errors).toEqual([]);
  });
});

async function write(points: readonly Point[]): Promise<void> {
  const body = points.flatMap((point) => formatPoint(point) ?? []).join("\n");
  const answer = await fetch(`${nephoscope.url}/write?precision=ms`, { method: "POST", body });
  expect(answer.status, await answer.text()).toBe(204);
}

/** A quarter of an hour, a sample each ten seconds, of three network nodes and what is on the first. */
function history(now: number): readonly Point[] {
  const points: Point[] = [];
  for (let tick = 0; tick < 90; tick++) {
    const at = epochMsOf(now - (90 - tick) * 10_000);
    const point = (measurement: string, tags: Point["tags"], fields: Point["fields"], host = HOST): void => {
      points.push({ measurement, tags: { ...tags, host, cluster: CLUSTER }, fields, at });
    };
    const int = (value: number) => ({ int: Math.round(value) });
    const wave = 1 + 0.4 * Math.sin(tick / 9);
    [HOST, ...OTHERS].forEach((host, index) => {
      const share = [5, 3, 2][index] ?? 0;
      const [bytes, packets] = [share * 1e8 * tick, share * 1e5 * tick];
      const routed = { rx_bytes: int(bytes), tx_bytes: int(bytes), rx_packets: int(packets), tx_packets: int(packets) };
      const uplink = { uplink_rx_bytes: int(bytes * 1.1), uplink_tx_bytes: int(bytes * 1.2) };
      point("network_node", {}, { ...routed, ...uplink, routers: int(4) }, host);
    });
    point("system", {}, { load1: 3 * wave, load5: 3 });
    point("mem", {}, { total_bytes: int(2 ** 39), available_bytes: int(2 ** 38 * wave) });
    for (let comm = 1; comm <= 12; comm++) point("process", { comm: `worker-${comm}` }, { cpu_s: tick * comm * 0.7 });
    point(
      "ovs_datapath",
      { datapath: "system@ovs-system" },
      { hit: int(tick * 1e5), missed: int(tick * 900), lost: int(0) },
    );
    machinePoints(point, tick, wave);
    for (const [peer, up] of [
      ["10.0.0.1", 1],
      ["10.0.0.2", tick < 60 ? 1 : 0],
    ] as const) {
      const counts = { messages_received: int(tick * 2), messages_sent: int(tick), prefixes_received: int(40 * up) };
      point("bgp_peer", { daemon: "frr", peer, afi: "l2vpn-evpn" }, { up: int(up), admin_down: int(0), ...counts });
    }
  }
  return points;
}

function machinePoints(
  point: (measurement: string, tags: Point["tags"], fields: Point["fields"]) => void,
  tick: number,
  wave: number,
): void {
  const int = (value: number) => ({ int: Math.round(value) });
  const tags = { vm_id: UUID, project_id: "p1" };
  const memory = {
    mem_total_bytes: int(2 ** 32),
    mem_usable_bytes: int(2 ** 31 / wave),
    mem_rss_bytes: int(3 * 2 ** 30),
  };
  point(
    "vm",
    { ...tags, flavor: "m1.large" },
    { vcpus: int(4), cpu_time_s: tick * 14, steal_s: tick * 0.9, ...memory },
  );
  if (tick % 3 === 0) {
    const reads = { read_bytes: int(tick * 4e6), reads: int(tick * 300), read_time_s: tick * 0.4 };
    const writes = { write_bytes: int(tick * 9e6), writes: int(tick * 500), write_time_s: tick * 1.9 };
    point(
      "vm_disk",
      { ...tags, device: "vda" },
      { ...reads, ...writes, flushes: int(tick * 10), flush_time_s: tick * 0.1 },
    );
  }
  const packets = {
    rx_packets: int(tick * 9e3),
    tx_packets: int(tick * 8e3),
    rx_dropped: int(0),
    tx_dropped: int(tick),
  };
  point(
    "vm_net",
    { ...tags, interface: "tap1", port_id: "port-1" },
    { rx_bytes: int(tick * 8e6), tx_bytes: int(tick * 3e6), ...packets },
  );
  if (tick % 6 === 0) {
    const kinds = { tcp_established: int(80 * wave), tcp_other: int(9), udp: int(20), other: int(2) };
    point("vm_connections", { vm_id: UUID, port_id: "port-1" }, { count: int(111), ...kinds });
  }
}
