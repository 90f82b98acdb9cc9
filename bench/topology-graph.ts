// node bench/topology-graph.ts [--hosts 10000] [--seed 1] — memory and load time of the live graph with all its indexes.
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Element } from "../core/element.ts";
import { LiveGraph } from "../topology/live-graph.ts";
import { hostElements, type SyntheticSize } from "./synthetic-graph.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    vms: { type: "string", default: "10" },
    peers: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
  },
});
const size: SyntheticSize = {
  seed: Number(values.seed),
  hosts: Number(values.hosts),
  vmsPerHost: Number(values.vms),
  peers: Number(values.peers),
};
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const graph = new LiveGraph();
let loadMs = 0;
let longestChunkMs = 0;
collectGarbage();
const before = process.memoryUsage();
for (let host = 0; host < size.hosts; host += 20) {
  const texts = Array.from({ length: Math.min(20, size.hosts - host) }, (_, at) =>
    JSON.stringify(hostElements(size, host + at)),
  );
  const started = performance.now();
  for (const text of texts) graph.load(JSON.parse(text) as Element[]);
  const took = performance.now() - started;
  loadMs += took;
  longestChunkMs = Math.max(longestChunkMs, took);
}
const peakRss = process.resourceUsage().maxRSS * 1_024;
collectGarbage();
collectGarbage();
const after = process.memoryUsage();
const heap = after.heapUsed + after.external - before.heapUsed - before.external;
console.log(`seed         ${size.seed}`);
console.log(`size         ${size.hosts} hosts, ${graph.size} elements`);
console.log(
  `load         ${(loadMs / 1_000).toFixed(1)} s of parsing and indexing; longest chunk of 20 hosts ${longestChunkMs.toFixed(0)} ms`,
);
console.log(
  `graph        ${megabytes(heap)} MB after garbage collection, ${(heap / graph.size).toFixed(0)} bytes an element`,
);
console.log(`process      ${megabytes(after.rss)} MB resident, ${megabytes(peakRss)} MB at its peak`);

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
