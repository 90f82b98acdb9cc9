import { migrationOf } from "../day/churn.ts";
import { later } from "../day/step.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, machinesOn, neighboursOf } from "./victims.ts";

const HOSTS = 5;
const BETWEEN_MS = 700;
const ONE_MS = 9_000;

export const migrationWave: Scenario = {
  name: "migration-wave",
  summary: `${HOSTS} compute nodes are drained: every machine on them migrates live`,
  plan(cloud, random) {
    const first = anyComputeNode(cloud, random);
    if (first === undefined) return undefined;
    const neighbours = neighboursOf(cloud, first);
    const drained = [first, ...neighbours.slice(0, HOSTS - 1).flatMap((index) => cloud.hosts[index] ?? [])];
    const isDrained = new Set(drained.map(({ index }) => index));
    const targets = neighbours.filter((index) => !isDrained.has(index));
    const vms = drained.flatMap((host) => [...host.vms]);
    if (targets.length === 0) return undefined;
    return {
      steps: vms.flatMap((vm, n) => later(migrationOf(vm, targets[n % targets.length] ?? first.index), n * BETWEEN_MS)),
      faults: [
        faultOf(cloud, first, {
          kind: "planned-migration",
          cause: machinesOn(cloud, drained),
          endsAfterMs: vms.length * BETWEEN_MS + ONE_MS,
        }),
      ],
    };
  },
};
