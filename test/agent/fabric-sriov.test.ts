import { expect, test } from "vitest";
import { sriovProbe } from "../../agent/fabric/sriov/sriov-probe.ts";
import { parseVfInfos } from "../../agent/fabric/sriov/virtual-function.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { epochMsOf } from "../../core/clock.ts";
import { interfaceId } from "../../core/element-id.ts";
import { formatPoint, type Point } from "../../core/line-protocol.ts";
import { eventually } from "../fixtures/eventually.ts";
import { quietContext } from "./probe-context.ts";

/** As iproute2 6.1 prints it: print_vfinfo and print_vf_stats64 of ip/ipaddress.c. */
const LINK = JSON.stringify([
  {
    ifindex: 2,
    ifname: "ens1f0",
    num_vf: 2,
    vfinfo_list: [
      {
        vf: 0,
        link_type: "ether",
        address: "fa:16:3e:00:00:01",
        broadcast: "ff:ff:ff:ff:ff:ff",
        vlan_list: [{ vlan: 100, qos: 3 }],
        rate: { max_tx: 1000, min_tx: 0 },
        spoofchk: true,
        link_state: "auto",
        trust: false,
        query_rss_en: false,
        stats: {
          rx: { bytes: 1500, packets: 10, multicast: 0, broadcast: 0, dropped: 2 },
          tx: { bytes: 900, packets: 6, dropped: 1 },
        },
      },
      { vf: 1, link_type: "ether", address: "00:00:00:00:00:00", vlan_list: [{}], spoofchk: false, trust: true },
    ],
  },
]);

const TEXTS = new Map([
  ["/sys/class/net/ens1f0/device/sriov_numvfs", "2\n"],
  ["/sys/class/net/ens1f0/device/sriov_totalvfs", "64\n"],
  ["/sys/class/net/eth9/device/sriov_numvfs", "0\n"],
]);
const LINKS = new Map([
  ["/sys/class/net/ens1f0/device/virtfn0", "../0000:3b:02.0"],
  ["/sys/class/net/ens1f0/device/virtfn0/driver", "../../../bus/pci/drivers/vfio-pci"],
  ["/sys/class/net/ens1f0/device/virtfn1", "../0000:3b:02.1"],
]);
const FOLDERS = new Map([
  ["/sys/class/net", ["ens1f0", "ens1f0v1", "eth9"]],
  ["/sys/class/net/ens1f0/device/virtfn1/net", ["ens1f0v1"]],
]);
const proc: ProcReader = {
  text: (path) => TEXTS.get(path),
  names: (path) => FOLDERS.get(path) ?? [],
  link: (path) => LINKS.get(path),
};

async function running() {
  let [reads, changes] = [0, 0];
  const over = new AbortController();
  const readLink = async () => {
    reads++;
    return LINK;
  };
  const context = quietContext({ signal: over.signal, changed: () => changes++ });
  const session = await sriovProbe("h", proc, readLink).detect(context);
  await eventually(() => changes === 1, { what: "the first reading" });
  const sample = async () => {
    const points: Point[] = [];
    await session?.sample?.(epochMsOf(1), (point) => points.push(point));
    return points.map(formatPoint);
  };
  return { session, sample, reads: () => reads, end: () => over.abort() };
}

test("a virtual function a machine has is a node by its address on the bus; one on the host adds to its interface", async () => {
  const { session, end } = await running();
  const said = session?.contribute?.({ host: "h", kernel: undefined });
  expect(said?.elements).toEqual([
    {
      id: "host/h/vf/0000:3b:02.0",
      kind: "vf",
      name: "0000:3b:02.0",
      cluster: "",
      host: "h",
      parent: "host/h",
      attributes: {
        physical_function: "ens1f0",
        vf_index: 0,
        vf_mac: "fa:16:3e:00:00:01",
        vf_vlan: 100,
        vf_qos: 3,
        vf_trusted: false,
        vf_spoof_check: true,
        vf_link_state: "auto",
        vf_max_tx_mbps: 1000,
        bus_address: "0000:3b:02.0",
        driver: "vfio-pci",
        mac: "fa:16:3e:00:00:01",
      },
    },
    expect.objectContaining({ kind: "vf-of", from: "host/h/vf/0000:3b:02.0", to: "host/h/if/ens1f0" }),
  ]);
  expect(said?.attributes?.get(interfaceId("h", undefined, "ens1f0"))).toEqual({
    sriov_vfs: 2,
    sriov_vfs_possible: 64,
  });
  expect(said?.attributes?.get(interfaceId("h", undefined, "ens1f0v1"))).toEqual({
    physical_function: "ens1f0",
    vf_index: 1,
    vf_trusted: true,
    vf_spoof_check: false,
  });
  end();
});

test("only what the card counts is written, and `ip` is not asked at each sample", async () => {
  const { sample, reads, end } = await running();
  const expected = [
    "vf,interface=ens1f0,vf=0 rx_bytes=1500i,tx_bytes=900i,rx_packets=10i,tx_packets=6i,rx_dropped=2i,tx_dropped=1i 1",
  ];
  expect(await sample()).toEqual(expected);
  expect(await sample()).toEqual(expected);
  expect(reads()).toBe(1);
  end();
});

test("a virtual function that comes is asked about at the next sample", async () => {
  const { sample, reads, session, end } = await running();
  TEXTS.set("/sys/class/net/ens1f0/device/sriov_numvfs", "3\n");
  LINKS.set("/sys/class/net/ens1f0/device/virtfn2", "../0000:3b:02.2");
  await sample();
  expect(reads()).toBe(2);
  const ids = session?.contribute?.({ host: "h", kernel: undefined }).elements.map(({ id }) => id);
  expect(ids).toContain("host/h/vf/0000:3b:02.2");
  TEXTS.set("/sys/class/net/ens1f0/device/sriov_numvfs", "0\n");
  await sample();
  expect(await session?.ended).toBe("no virtual functions are left");
  end();
});

test.each([
  ["nothing", ""],
  ["no JSON", 'Device "x" does not exist.'],
  ["a card without", '[{"ifname":"eth0"}]'],
])("%s has no virtual functions", (_, text) => expect(parseVfInfos(text)).toEqual([]));

test("older versions of iproute2 put the VLAN and the MAC elsewhere", () => {
  const text = '[{"vfinfo_list":[{"vf":3,"mac":"fa:16:3e:00:00:03","vlan":7,"qos":1,"tx_rate":500,"trust":true}]}]';
  expect(parseVfInfos(text)).toMatchObject([{ index: 3, mac: "fa:16:3e:00:00:03", vlan: 7, qos: 1, maxTxMbps: 500 }]);
});
