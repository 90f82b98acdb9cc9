// node bench/topology-query.ts [--hosts 10000] [--seed 1] — search, paths and Gremlin over the live graph, beside full scans.
import { parseArgs } from "node:util";
import type { Element, Node } from "../core/element.ts";
import { isLink } from "../core/element.ts";
import { type ElementId, interfaceId } from "../core/element-id.ts";
import { OperatorError } from "../core/errors.ts";
import { LiveGraph } from "../topology/live-graph.ts";
import { liveSource } from "../topology/query/graph-source.ts";
import { stepsOf } from "../topology/query/gremlin/check.ts";
import { evaluate } from "../topology/query/gremlin/evaluate.ts";
import { parseTraversal } from "../topology/query/gremlin/parse.ts";
import { cheapestPath } from "../topology/query/path.ts";
import { search } from "../topology/query/search/search.ts";
import { parseSearch } from "../topology/query/search/search-query.ts";
import { Work } from "../topology/query/work.ts";
import { hostElements, hostNameOf, randomOf, type SyntheticSize } from "./synthetic-graph.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    asks: { type: "string", default: "1000" },
  },
});
const size: SyntheticSize = { seed: Number(values.seed), hosts: Number(values.hosts), vmsPerHost: 10, peers: 500 };
const asks = Number(values.asks);
const SCANS = 20;
const MESH = 500;

const graph = new LiveGraph();
const ports: Node[] = [];
for (let host = 0; host < size.hosts; host++) {
  const elements = hostElements(size, host).map((element) => inMesh(element, host));
  graph.load(elements);
  for (const element of elements) if (element.kind === "port" && !isLink(element)) ports.push(element);
}
const source = liveSource(graph);
const random = randomOf(size.seed + 1);
const anyPort = (): Node => ports[Math.floor(random() * ports.length)] as Node;
const text = (port: Node, name: string): string => {
  const value = port.attributes[name];
  return String(typeof value === "object" ? value[0] : value);
};
const work = (): Work => new Work(5_000_000, () => new OperatorError({ code: "bench", message: "too much", hint: "" }));

console.log(
  `seed ${size.seed}, ${size.hosts} hosts, ${graph.size} elements, ${asks} questions of each kind, scans ${SCANS}`,
);
console.log("question                              p50 ms    p99 ms    scan p50 ms   ratio");
await row(
  "search MAC",
  (port) => ask(text(port, "mac")),
  (port) => scan((e) => e.attributes.mac === text(port, "mac")),
);
await row(
  "search IP",
  (port) => ask(text(port, "fixed_ips")),
  (port) => scan((e) => holdsIp(e, text(port, "fixed_ips"))),
);
await row(
  "search UUID",
  (port) => ask(text(port, "device_id")),
  (port) => scan((e) => e.id.endsWith(text(port, "device_id"))),
);
await row(
  "search /24",
  (port) => ask(`${text(port, "fixed_ips")}/24`),
  (port) => scan((e) => isNear(e, text(port, "fixed_ips"))),
);
await row(
  "search name, beginning",
  (port) => ask(`tap${port.name}`),
  (port) => scan((e) => !isLink(e) && e.name.startsWith(`tap${port.name}`)),
);
await row(
  "search name, 4 letters",
  () => ask("comp"),
  () => scan((e) => !isLink(e) && e.name.startsWith("comp")),
);
await row(
  "Gremlin V().Has('MAC', …)",
  (port) => gremlin(`G.V().Has('MAC', '${text(port, "mac")}')`),
  (port) => scan((e) => e.attributes.mac === text(port, "mac")),
);
await row(
  "Gremlin V().Has('Name', …).Out()",
  () => gremlin(`G.V().Has('Name', '${anyHost()}', 'Type', 'host').Out()`),
  () => scan((e) => !isLink(e) && e.name === "x"),
);
await row(
  "Gremlin V().Has('Host', …)",
  () => gremlin(`G.V().Has('Host', '${anyHost()}', 'Type', 'tap')`),
  () => scan((e) => !isLink(e) && e.host === "x"),
);
await row(`path, tap to tap in a mesh of ${MESH}`, () => path(...twoTaps()), undefined);
await row(
  "Gremlin scan V().Has('MTU', 1450).Count()",
  () => gremlin("G.V().Has('MTU', 1450).Count()"),
  undefined,
  SCANS,
);

function anyHost(): string {
  return hostNameOf(Math.floor(random() * size.hosts));
}

/** Tunnels that both ends know of: full meshes of 500 hosts. */
function inMesh(element: Element, host: number): Element {
  if (element.kind !== "vxlan") return element;
  const first = host - (host % MESH);
  const others = Array.from({ length: Math.min(MESH, size.hosts - first) }, (_, at) => first + at).filter(
    (at) => at !== host,
  );
  const peers = others.map((at) => `172.16.${at >> 8}.${at & 255}`).sort();
  return { ...element, attributes: { ...element.attributes, peers } };
}

function twoTaps(): readonly [ElementId, ElementId] {
  const mesh = Math.floor((random() * size.hosts) / MESH) * MESH;
  const inMeshOf = (): ElementId => {
    const host = Math.min(size.hosts - 1, mesh + Math.floor(random() * MESH));
    return tapOf(ports[host * size.vmsPerHost + Math.floor(random() * size.vmsPerHost)] as Node);
  };
  return [inMeshOf(), inMeshOf()];
}

function tapOf(port: Node): ElementId {
  return interfaceId(text(port, "binding_host"), undefined, `tap${port.id.slice("neutron/port/".length).slice(0, 11)}`);
}

async function ask(typed: string): Promise<number> {
  const query = parseSearch(typed);
  if (query === undefined) throw new Error("nothing to search for");
  return (await search({ source, live: graph, lost: undefined }, query, { limit: 50, work: work() })).length;
}

async function gremlin(query: string): Promise<number> {
  const moments = { at: async () => source, changesBetween: async () => [] };
  const answer = await evaluate(stepsOf(parseTraversal(query)), moments, work());
  if (answer.kind === "count") return answer.count;
  return answer.kind === "elements" ? answer.elements.length : 0;
}

async function path(from: ElementId, to: ElementId): Promise<number> {
  return (await cheapestPath(source, [from, to], work()))?.stops.length ?? 0;
}

function scan(isMeant: (element: Element) => boolean): number {
  let found = 0;
  for (const element of graph.elements()) if (isMeant(element)) found++;
  return found;
}

function holdsIp({ attributes }: Element, ip: string): boolean {
  const addresses = attributes.fixed_ips ?? attributes.addresses;
  return typeof addresses === "object" && addresses.some((each) => String(each).split("/")[0] === ip);
}

function isNear({ attributes }: Element, ip: string): boolean {
  const start = ip.slice(0, ip.lastIndexOf(".") + 1);
  const addresses = attributes.fixed_ips ?? attributes.addresses;
  return typeof addresses === "object" && addresses.some((each) => String(each).startsWith(start));
}

async function row(
  name: string,
  question: (port: Node) => Promise<number>,
  slow: ((port: Node) => number) | undefined,
  times = asks,
): Promise<void> {
  const fast: number[] = [];
  let found = 0;
  for (let at = 0; at < times; at++) {
    const port = anyPort();
    const started = performance.now();
    found += await question(port);
    fast.push(performance.now() - started);
  }
  const slowMs: number[] = [];
  for (let at = 0; slow !== undefined && at < SCANS; at++) {
    const port = anyPort();
    const started = performance.now();
    slow(port);
    slowMs.push(performance.now() - started);
  }
  if (found === 0) throw new Error(`${name} found nothing`);
  const [p50, p99] = [quantile(fast, 0.5), quantile(fast, 0.99)];
  const scanP50 = slow === undefined ? "" : quantile(slowMs, 0.5).toFixed(1);
  const ratio = slow === undefined ? "" : `${(quantile(slowMs, 0.5) / p50).toFixed(0)}×`;
  console.log(
    `${name.padEnd(42)} ${p50.toFixed(3).padStart(8)} ${p99.toFixed(3).padStart(9)} ${scanP50.padStart(12)} ${ratio.padStart(8)}`,
  );
}

function quantile(samples: readonly number[], q: number): number {
  const ordered = samples.toSorted((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.floor(q * ordered.length))] ?? 0;
}
