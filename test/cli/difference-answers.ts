import type { DiffResponse } from "../../web/api/topology.ts";

// Answers of the server about a difference: an empty one, and one with every kind of cause.

export const nic = (host: string, name: string) => ({
  id: `host/${host}/if/${name}`,
  kind: "nic",
  name,
  cluster: "main",
  host,
  attributes: {},
});
export const counts = { added: 0, removed: 0, updated: 0, moved: 0, unknown: 0 };
export const nothing: DiffResponse = {
  cluster: "main",
  from: Date.parse("2026-01-31T03:00:00Z"),
  to: Date.parse("2026-01-31T09:12:11.500Z"),
  counts,
  unknown_hosts: [],
  added: [],
  removed: [],
  updated: [],
  moved: [],
  unknown: [],
  groups: [],
};
const update = (host: string) => ({
  ...{ id: `host/${host}/if/eth0`, kind: "nic", name: "eth0", host },
  before: { mtu: 1500 },
  after: { mtu: 9000 },
});
export const much: DiffResponse = {
  ...nothing,
  counts: { added: 1, removed: 2, updated: 3, moved: 1, unknown: 1 },
  unknown_hosts: ["c-9"],
  added: [{ element: nic("c-1", "uplink"), renamed_from: "host/c-1/if/eth7", before: { mtu: 1 }, after: { mtu: 2 } }],
  removed: [
    { id: "host/c-12", kind: "host", name: "c-12", cluster: "main", host: "c-12", attributes: {} },
    nic("c-12", "eth0"),
  ],
  updated: [
    update("a"),
    update("b"),
    { id: "host/c", kind: "host", name: "c", host: "c", before: {}, after: { os: "" } },
  ],
  moved: [
    { id: "vm/7", kind: "vm", name: "web-1", before: { "@host": "c-1" }, after: { "@host": "c-2", flavor: "large" } },
  ],
  unknown: [nic("c-9", "eth1")],
  groups: [
    {
      cause: { kind: "gone", subject: { kind: "host", name: "c-12" }, roots: ["host/c-12"] },
      counts: { ...counts, removed: 2 },
      members: ["host/c-12", "host/c-12/if/eth0"],
      besides: [],
    },
    {
      cause: { kind: "silent", host: "c-9" },
      counts: { ...counts, unknown: 1 },
      members: ["host/c-9/if/eth1"],
      besides: [],
    },
    {
      cause: {
        kind: "moved",
        subject: { kind: "vm", name: "web-1" },
        roots: ["vm/7"],
        from: "host/c-1",
        to: "host/c-2",
      },
      counts: { ...counts, moved: 1 },
      members: ["vm/7"],
      besides: [{ id: "vm/7", names: ["flavor"] }],
    },
    {
      cause: {
        kind: "renamed",
        subject: { kind: "nic", name: "uplink" },
        roots: ["host/c-1/if/uplink"],
        from: "host/c-1/if/eth7",
      },
      counts: { ...counts, added: 1 },
      members: ["host/c-1/if/uplink"],
      besides: [],
    },
    {
      cause: { kind: "changed", kinds: ["nic"], deltas: [{ kind: "value", name: "mtu", before: 1500, after: 9000 }] },
      counts: { ...counts, updated: 2 },
      members: ["host/a/if/eth0", "host/b/if/eth0"],
      besides: [],
    },
    {
      cause: { kind: "changed", kinds: ["host"], deltas: [{ kind: "value", name: "os", after: "" }] },
      counts: { ...counts, updated: 1 },
      members: ["host/c"],
      besides: [],
    },
  ],
};
