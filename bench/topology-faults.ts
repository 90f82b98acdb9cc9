import { parseArgs } from "node:util";
import { SCENARIOS } from "../simulator/scenarios/registry.ts";
import { type Played, playScenario } from "../test/simulator/play-scenario.ts";
import { smallCloud } from "../test/simulator/small-cloud.ts";

// What the topology says of each fault of the simulated cloud, against the fault's truth: findings expected, found and
// spurious, how long after the fault's beginning they stood (simulated time, settle times included), and whether the
// difference folds to the groups of the truth. Exits 1 when anything is missing or spurious.
//
//   node bench/topology-faults.ts [--seeds 7,8,9] [--hosts 60] [--scenarios rack-loss,mtu-mismatch]

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "7,8,9" },
    hosts: { type: "string", default: "60" },
    scenarios: { type: "string" },
  },
});
const hosts = Number(values.hosts);
const names = values.scenarios?.split(",") ?? [undefined, ...SCENARIOS.map(({ name }) => name)];
const COLUMNS = ["scenario", "seed", "expected", "found", "spurious", "passing", "standing after s", "groups", "wrong"];
const WIDTHS = [26, 5, 9, 6, 9, 8, 17, 7, 6];

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, n) => (n === 0 ? String(cell).padEnd(WIDTHS[n] ?? 0) : String(cell).padStart(WIDTHS[n] ?? 0)))
    .join("");
}

/** Groups that are not in the truth, and those of the truth that are not there. */
function wrongGroups({ groups, expectedGroups }: Played): readonly string[] {
  const [seen, wanted] = [new Set(groups), new Set(expectedGroups)];
  return [
    ...groups.filter((group) => !wanted.has(group)).map((group) => `spurious group: ${group}`),
    ...expectedGroups.filter((group) => !seen.has(group)).map((group) => `missing group: ${group}`),
  ];
}

function secondsOf({ stood }: Played): string {
  const seconds = stood.map(({ afterMs }) => Math.round(afterMs / 1_000));
  return seconds.length === 0 ? "-" : [...new Set([Math.min(...seconds), Math.max(...seconds)])].join("-");
}

let problems = 0;
console.log(row(COLUMNS));
for (const name of names) {
  for (const seed of values.seeds.split(",").map(Number)) {
    const played = await playScenario(smallCloud(seed, hosts), name);
    const { expected, missed, spurious, passing, groups } = played;
    const wrong = wrongGroups(played);
    const figures = [expected.length, expected.length - missed.length, spurious.length, passing, secondsOf(played)];
    console.log(row([name ?? "(healthy)", seed, ...figures, groups.length, wrong.length]));
    const told = [
      ...missed.map(({ invariant, about }) => `missing: ${invariant} ${about.join(" ")}`),
      ...spurious.map(({ id }) => `spurious: ${id}`),
      ...wrong,
      ...played.leftOpen.map((id) => `still open: ${id}`),
    ];
    problems += told.length;
    for (const line of told) console.log(`    ${line.slice(0, 200)}`);
  }
}
process.exitCode = problems === 0 ? 0 : 1;
