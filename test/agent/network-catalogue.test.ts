import { expect, test } from "vitest";
import { connectionPoints } from "../../agent/connections/connection-points.ts";
import { connectionsProbe } from "../../agent/connections/connections-probe.ts";
import { conntrackProbe } from "../../agent/connections/conntrack-probe.ts";
import { createTally } from "../../agent/connections/tally.ts";
import { interfaceProbe, type KnownNamespace } from "../../agent/metrics/interface-probe.ts";
import { networkNodeProbe } from "../../agent/network-node/network-node-probe.ts";
import { createVacantNamespaces } from "../../agent/network-node/vacant-namespaces.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { CONNECTION_METRICS } from "../../core/metrics/connection-metrics.ts";
import { NETWORK_METRICS } from "../../core/metrics/network-metrics.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";
import { quietContext } from "./probe-context.ts";

const ROUTER = "11111111-2222-3333-4444-555555555555";
const DEV = "h\nh\n  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n  qg-1: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n";
const STAT = "entries insert_failed drop early_drop\n1 1 1 1\n";
const FILES: { readonly [path: string]: string } = {
  "/proc/sys/net/netfilter/nf_conntrack_count": "1\n",
  "/proc/sys/net/netfilter/nf_conntrack_max": "1\n",
  "/proc/sys/net/netfilter/nf_conntrack_buckets": "1\n",
  "/proc/net/stat/nf_conntrack": STAT,
  "/proc/7/net/stat/nf_conntrack": STAT,
  "/proc/net/dev": DEV,
  "/proc/7/net/dev": DEV,
  "/sys/class/net/eth0/operstate": "up\n",
  "/sys/class/net/eth0/carrier_changes": "3\n",
};
const proc: ProcReader = {
  text: (path) => FILES[path],
  names: () => [],
  link: (path) => (path === "/proc/7/ns/net" ? "net:[2]" : undefined),
};
const known = { kind: "nic", up: true, mtuBytes: 1500, speedMbps: 1000 } as const;
const NAMESPACES: readonly KnownNamespace[] = [
  { name: undefined, inode: 1, pid: 1, interfaces: new Map([["eth0", known]]) },
  { name: `qrouter-${ROUTER}`, inode: 2, pid: 7, interfaces: new Map([["qg-1", known]]) },
];

function probesOn(from: ProcReader, namespaces: () => readonly KnownNamespace[] | undefined) {
  const vacant = createVacantNamespaces({ namespaces, clock: systemClock });
  const deps = { proc: from, clock: systemClock, namespaces, vacant, host: "h" };
  return [
    interfaceProbe(from, namespaces, vacant),
    conntrackProbe(from, namespaces, vacant),
    networkNodeProbe({}, deps),
    connectionsProbe(
      {},
      { proc: from, clock: systemClock, ovsDatabaseSocket: "/nowhere/db.sock", ovsRunFolder: undefined },
    ),
  ];
}

test("interfaces, connections and network nodes write what the catalogue says, no more and no less", async () => {
  const points: Point[] = [];
  const port = { portId: "p", vmId: "v", addresses: undefined };
  const tally = createTally(
    new Map([
      [1, { kind: "port", port }],
      [2, { kind: "network", networkId: "n", ports: [] }],
    ]),
  );
  points.push(...connectionPoints(tally.result(), epochMsOf(1)));
  for (const probe of probesOn(proc, () => NAMESPACES)) {
    const session = await probe.detect(quietContext());
    await session?.sample?.(epochMsOf(1), (point) => points.push(point));
  }
  const written = wordsOf(points);
  const { conntrack_walk: walk, ...others } = cataloguedWords([
    ...Object.keys(CONNECTION_METRICS),
    ...Object.keys(NETWORK_METRICS),
  ]);
  expect(written).toMatchObject(others);
  // What a walk cost is told once there was one: test/integration/agent-conntrack.test.ts.
  expect(walk?.fields).toEqual(expect.arrayContaining([...(written.conntrack_walk?.fields ?? [])]));
});

test("a host without connection tracking and without interfaces has none of these sources", async () => {
  const bare: ProcReader = { text: () => undefined, names: () => [], link: () => undefined };
  for (const probe of probesOn(bare, () => undefined)) {
    expect(await probe.detect(quietContext()), probe.name).toBeUndefined();
  }
});
