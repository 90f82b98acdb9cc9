import { expect, test } from "vitest";
import { linkEvents } from "../../agent/events/link-events.ts";
import { startEvents } from "../../agent/events/start-events.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { parseIpAddr } from "../../agent/topology/ip-json.ts";
import type { KernelSnapshot } from "../../agent/topology/kernel-elements.ts";
import { epochMsOf } from "../../core/clock.ts";

interface Device {
  readonly name: string;
  readonly ifindex: number;
  readonly kind?: string;
  readonly up?: boolean;
  readonly carrier?: boolean;
}

/** As `ip -j -d addr` tells devices. */
function snapshotOf(...devices: readonly Device[]): KernelSnapshot {
  const text = JSON.stringify(
    devices.map(({ name, ifindex, kind, up = true, carrier = true }) => ({
      ifindex,
      ifname: name,
      flags: [...(up ? ["UP"] : []), ...(carrier && up ? ["LOWER_UP"] : [])],
      mtu: 1_500,
      link_type: "ether",
      operstate: carrier && up ? "UP" : "DOWN",
      ...(kind === undefined ? {} : { linkinfo: { info_kind: kind } }),
      addr_info: [],
    })),
  );
  const namespace = { inode: 1, name: undefined, heldBy: "host", pid: 1, path: undefined } as const;
  const readings = [{ namespace, interfaces: parseIpAddr(text), inodeByNsid: new Map() }];
  return { readings, devices: new Map(), pairing: { inodeByNsid: new Map(), pairs: [] } };
}
const AT = epochMsOf(1_000);
const kindsOf = (before: KernelSnapshot, after: KernelSnapshot) =>
  linkEvents("h", before, after, AT).map(({ kind, element, text }) => [kind, element, text]);

test("a card or bond that goes down or comes up is an event, with why", () => {
  const [up, down] = [
    snapshotOf({ name: "eth0", ifindex: 2 }),
    snapshotOf({ name: "eth0", ifindex: 2, carrier: false }),
  ];
  expect(kindsOf(up, down)).toEqual([["link-down", "host/h/if/eth0", "eth0 is down: no carrier"]]);
  expect(kindsOf(down, up)).toEqual([["link-up", "host/h/if/eth0", "eth0 is up"]]);
  const off = snapshotOf({ name: "eth0", ifindex: 2, up: false });
  expect(kindsOf(up, off)).toEqual([["link-down", "host/h/if/eth0", "eth0 is down: switched off by somebody"]]);
  expect(kindsOf(off, down)).toEqual([]);
  const bond = (carrier: boolean) => snapshotOf({ name: "bond0", ifindex: 4, kind: "bond", carrier });
  expect(kindsOf(bond(true), bond(false))).toHaveLength(1);
});

test("a device that is new, of another kind, or only renamed is none", () => {
  const nothing = snapshotOf();
  expect(kindsOf(nothing, snapshotOf({ name: "eth0", ifindex: 2, carrier: false }))).toEqual([]);
  const tap = (carrier: boolean) => snapshotOf({ name: "tap0", ifindex: 9, kind: "tun", carrier });
  expect(kindsOf(tap(true), tap(false))).toEqual([]);
  expect(kindsOf(snapshotOf({ name: "eth0", ifindex: 2 }), snapshotOf({ name: "wan0", ifindex: 2 }))).toEqual([]);
});

const procOf = (uptimeSeconds: number): ProcReader => ({
  text: (path) =>
    ({
      "/proc/uptime": `${uptimeSeconds}.33 100.0\n`,
      "/proc/stat": "cpu 1\nbtime 1700000000\n",
      "/proc/sys/kernel/random/boot_id": "b-1\n",
    })[path],
  names: () => [],
  link: () => undefined,
});

test("an agent tells that it started, and of a boot not long ago, under a key that is that boot's", () => {
  const now = epochMsOf(1_700_000_100_000);
  const who = { host: "h", version: "1.2.3" };
  expect(startEvents(who, procOf(100), now)).toMatchObject([
    { kind: "host-booted", key: "boot-b-1", at: 1_700_000_000_000, element: "host/h" },
    { kind: "agent-started", at: now, attributes: { version: "1.2.3" } },
  ]);
  expect(startEvents(who, procOf(86_400), now).map(({ kind }) => kind)).toEqual(["agent-started"]);
});
