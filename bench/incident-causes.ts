// node bench/incident-causes.ts — what one look at all that is wrong costs in a storm: a zone without power in a cloud of 10,000 hosts, with
// what its machines and everybody who talks to them say of it. No process is started, nothing is read.
import { parseArgs } from "node:util";
import { correlate } from "../alerts/causes/correlate.ts";
import type { Population } from "../alerts/causes/find-causes.ts";
import { type Held, reconcile } from "../alerts/causes/reconcile.ts";
import type { Sign, Symptom } from "../alerts/causes/symptom.ts";
import { epochMsOf } from "../core/clock.ts";
import { type ElementId, elementIdOf, hostId } from "../core/element-id.ts";
import { randomOf } from "../simulator/random.ts";
import { row } from "./collector-figures.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    zones: { type: "string", default: "4" },
    "hosts-per-rack": { type: "string", default: "20" },
    "alerts-per-host": { type: "string", default: "12" },
    seed: { type: "string", default: "1" },
  },
});
const [hosts, zones, perRack, perHost, seed] = [
  values.hosts,
  values.zones,
  values["hosts-per-rack"],
  values["alerts-per-host"],
  values.seed,
].map(Number) as [number, number, number, number, number];

const random = randomOf(seed, "incident-causes");
const rackIds = new Map<number, ElementId>();
const zoneId = (host: number) => elementIdOf("region", "r", "zone", `z${host % zones}`);
const places = (host: number): readonly ElementId[] => {
  const rack = Math.floor(host / zones / perRack) * zones + (host % zones);
  const id = rackIds.get(rack) ?? (`${zoneId(host)}/rack/k${rack}` as ElementId);
  rackIds.set(rack, id);
  return [hostId(`h${host}`), id, zoneId(host), elementIdOf("region", "r")];
};
const population: Population = (_place, { name }) =>
  name === "zone" ? Math.ceil(hosts / zones / perRack) : name === "rack" ? perRack : 0;

const BEGAN = 1_700_000_000_000;
const symptom = (id: string, sign: Sign, host: number, peer: number | undefined, afterMs: number): Symptom => ({
  ...{ id, sign, topic: sign, startedAt: epochMsOf(BEGAN + afterMs), endedAt: undefined, within: places(host) },
  needs: peer === undefined ? [] : places(peer).slice(0, 3),
});

const all: Symptom[] = [];
for (let host = 0; host < hosts; host += zones) {
  all.push(symptom(`down ${host}`, "host_down", host, undefined, random.below(5_000)));
  for (let n = 0; n < perHost; n++) {
    const elsewhere = random.below(hosts);
    const [sign, at, peer] =
      n % 3 === 0 ? (["unreachable", elsewhere, host] as const) : (["machine_down", host, undefined] as const);
    all.push(symptom(`${sign} ${host} ${n}`, sign, at, peer, 30_000 + random.below(60_000)));
  }
}
for (let n = 0; n < 1_000; n++)
  all.push(symptom(`own ${n}`, "own", random.below(hosts), undefined, random.below(60_000)));

console.log(`seed ${seed}, ${hosts} hosts in ${zones} zones, racks of ${perRack}; ${all.length} symptoms`);
let held: readonly Held[] = [];
for (const share of [0.01, 0.1, 0.5, 1]) {
  const symptoms = all.slice(0, Math.ceil(all.length * share));
  const took: number[] = [];
  let groups = correlate(symptoms, population);
  for (let n = 0; n < 15; n++) {
    const from = performance.now();
    groups = correlate(symptoms, population);
    const { goesOn, begins } = reconcile(held, groups);
    took.push(performance.now() - from);
    const next = [...goesOn, ...begins.map(({ group }) => [group.key, group] as const)];
    held = next.map(([id, { key, members }]) => ({ id, key, openedAt: epochMsOf(BEGAN), members: new Set(members) }));
  }
  const sorted = took.toSorted((a, b) => a - b);
  const largest = groups.toSorted((a, b) => b.members.length - a.members.length)[0];
  row(
    `${symptoms.length} symptoms`,
    `median ${(sorted[7] ?? 0).toFixed(1)} ms, worst ${(sorted.at(-1) ?? 0).toFixed(1)} ms; ${groups.length} incidents, the largest ${largest?.key} with ${largest?.members.length}`,
    "<= 50 ms",
  );
}
console.log(
  `peak memory ${(process.resourceUsage().maxRSS / 1_000).toFixed(0)} MB, CPU ${(process.cpuUsage().user / 1e6).toFixed(1)} s`,
);
console.log("not measured: where elements were when an alert began, recording what changed, telling people");
