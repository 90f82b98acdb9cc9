import { type EpochMs, epochMsOf } from "../core/clock.ts";
import type { Attributes, Node } from "../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId } from "../core/element-id.ts";
import type { Revision } from "../topology/model/revision.ts";

export interface UpdatesOptions {
  readonly seed: number;
  readonly hosts: number;
  readonly elementsPerHost: number;
  readonly changesPerRevision: number;
  readonly cluster: string;
  /** When the first host is loaded; each takes a millisecond. */
  readonly begin: number;
  /** When the change with this number happens. */
  readonly atOf: (change: number) => EpochMs;
}

export interface Updates {
  loadRevision(host: number): Revision;
  /** The changes from number `first` on, of one host. */
  changeRevision(revision: number, first: number): Revision;
  /** From 0 up to 1; the same numbers for the same seed. */
  random(): number;
}

/** Hosts of taps whose attributes get random values again and again. */
export function createUpdates(options: UpdatesOptions): Updates {
  const { hosts, elementsPerHost, changesPerRevision, cluster, begin, atOf } = options;
  const random = seeded(options.seed);
  const downs = new Uint8Array(hosts);
  const versions = new Uint16Array(hosts * elementsPerHost);

  function loadRevision(host: number): Revision {
    const elements = Array.from({ length: elementsPerHost }, (_, n) => nodeOf(host, n));
    const at = epochMsOf(begin + host);
    return {
      revision: host + 1,
      at,
      knownAt: at,
      cluster,
      origin: `agent/${nameOf(host)}`,
      changes: elements.map((element) => ({ kind: "add", element })),
      counts: [{ place: rackOf(host), counter: "tap", delta: elementsPerHost }],
    };
  }

  function changeRevision(revision: number, first: number): Revision {
    const host = Math.floor(random() * hosts);
    const elements = new Set<number>();
    while (elements.size < changesPerRevision) elements.add(Math.floor(random() * elementsPerHost));
    const at = atOf(first);
    const changes = [...elements].map((n) => {
      const element = nodeOf(host, n);
      const index = host * elementsPerHost + n;
      versions[index] = (versions[index] ?? 0) + 1;
      const { kind, name, id, attributes } = element;
      const after = nodeOf(host, n).attributes;
      return {
        kind: "update",
        id,
        subject: { kind, name },
        before: changing(attributes),
        after: changing(after),
      } as const;
    });
    const common = { revision, at, knownAt: epochMsOf(at + 300), cluster, origin: `agent/${nameOf(host)}`, changes };
    if (revision % REVISIONS_PER_COUNT !== 0) return common;
    const isDown = downs[host] === 0;
    downs[host] = isDown ? 1 : 0;
    return { ...common, counts: [{ place: rackOf(host), counter: "down", delta: isDown ? 1 : -1 }] };
  }

  function nodeOf(host: number, n: number): Node {
    const name = `tap${mixed(host * elementsPerHost + n, 7)
      .toString(16)
      .padStart(8, "0")}${n}`;
    const index = host * elementsPerHost + n;
    const version = versions[index] ?? 0;
    return {
      id: interfaceId(nameOf(host), undefined, name),
      kind: "tap",
      name,
      cluster,
      host: nameOf(host),
      parent: hostId(nameOf(host)),
      attributes: {
        mtu: 1500,
        operstate: "up",
        flow_cookie: `0x${mixed(index, version).toString(16).padStart(8, "0")}${(mixed(index, version + 1e6) & 0xffff).toString(16)}`,
        ingress_qos_kbps: mixed(index, version + 2e6) % 1_000_000,
      },
    };
  }

  return { loadRevision, changeRevision, random };
}

/** Every so many revisions something in the host's rack goes down or comes up. */
const REVISIONS_PER_COUNT = 10;

function rackOf(host: number): ElementId {
  return elementIdOf("region", "r", "zone", "z", "rack", String(Math.floor(host / 40)));
}

function changing({ flow_cookie = "", ingress_qos_kbps = 0 }: Attributes): Attributes {
  return { flow_cookie, ingress_qos_kbps };
}

export function nameOf(host: number): string {
  return `compute-${String(host).padStart(5, "0")}.dc1.example`;
}

/** 32 bits that look random and are the same for the same numbers. */
export function mixed(left: number, right: number): number {
  let h = Math.imul(left + 1, 0x9e3779b1) ^ Math.imul(right + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

function seeded(seed: number): () => number {
  let step = 0;
  return () => mixed(seed, step++) / 0x1_0000_0000;
}
