import type { ElementId } from "../../core/element-id.ts";
import type { Cloud } from "../../simulator/cloud/cloud.ts";
import { vmElementId } from "../../simulator/scenarios/victims.ts";
import type { Finding } from "../../topology/invariants/finding.ts";
import { type ExpectedFinding, findingsOf, groupsOf, groupTexts } from "./scenario-answers.ts";
import { type HeardEvent, watchCloud } from "./watched-cloud.ts";

/** When the scenario begins: all is quiet before. */
const BEGINS_MS = 10_000;
/** How long after its end everything is to be quiet again; longer than any finding needs to stand. */
const AFTERMATH_MS = 240_000;
/** When to look at the difference, after the scenario began; others are looked at after 100 seconds. */
const LOOK_AFTER_MS: { readonly [scenario: string]: number } = {
  "tor-flap": 2_000,
  "ovs-restart": 3_000,
  "zone-upgrade": 160_000,
  "tap-lost-after-reboot": 300_000,
  "boot-storm": 200_000,
};

/** What was seen of a scenario and what was to be seen, by its truth. */
export interface Played {
  readonly expected: readonly ExpectedFinding[];
  /** Expected ones that stood while their fault lasted, with how long after its beginning they did. */
  readonly stood: readonly { readonly finding: Finding; readonly afterMs: number }[];
  readonly missed: readonly ExpectedFinding[];
  /** Findings that stood and are not in the truth. */
  readonly spurious: readonly Finding[];
  /** Began and ended without standing. */
  readonly passing: number;
  /** In the midst of it: what the difference was folded to. */
  readonly groups: readonly string[];
  readonly expectedGroups: readonly string[];
  readonly removedRows: number;
  /** After it: what is open still, but for faults without an end. */
  readonly leftOpen: readonly string[];
  readonly groupsAfter: readonly string[];
  readonly revisionsFromTheFuture: number;
}

/** Lets one scenario happen to a calm cloud; undefined name: nothing happens, for as long. */
export async function playScenario(cloud: Cloud, name: string | undefined): Promise<Played> {
  const before = new Set(cloud.vms.keys());
  const watched = await watchCloud(cloud, name === undefined ? [] : [{ name, atMs: BEGINS_MS }]);
  try {
    await watched.advance(BEGINS_MS - 1_000);
    const revision = watched.revision();
    await watched.advance(BEGINS_MS + (LOOK_AFTER_MS[name ?? ""] ?? 100_000));
    const faults = watched.begun().flatMap((begun) => begun.faults);
    const during = watched.changedSince(revision);
    const booted = [...cloud.vms.keys()].filter((vm) => !before.has(vm)).map((vm) => vmElementId(cloud, vm));
    const lastEndMs = Math.max(0, ...faults.map(({ endsAfterMs }) => endsAfterMs ?? 0));
    await watched.advance(BEGINS_MS + lastEndMs + AFTERMATH_MS);
    const lasting = faults.filter(({ endsAfterMs }) => endsAfterMs === undefined).flatMap(findingsOf);
    const stood = watched.events.filter(({ kind }) => kind === "standing");
    const expected = faults.flatMap((fault) =>
      findingsOf(fault).map((wanted) => ({ wanted, beginsMs: BEGINS_MS + fault.beginsAfterMs })),
    );
    return {
      expected: expected.map(({ wanted }) => wanted),
      stood: expected.flatMap(({ wanted, beginsMs }) =>
        stood.filter((event) => isIt(event.finding, wanted)).map((event) => stoodAfter(event, beginsMs)),
      ),
      missed: expected
        .map(({ wanted }) => wanted)
        .filter((wanted) => !stood.some(({ finding }) => isIt(finding, wanted))),
      spurious: stood
        .map(({ finding }) => finding)
        .filter((finding) => !expected.some(({ wanted }) => isIt(finding, wanted))),
      passing: watched.events.filter(({ kind, finding }) => kind === "ended" && finding.state === "settling").length,
      groups: groupTexts(during),
      expectedGroups: groupsOf(faults, booted),
      removedRows: during.removed.length,
      leftOpen: watched
        .open()
        .filter((finding) => !lasting.some((wanted) => isIt(finding, wanted)))
        .map(({ id }) => id),
      groupsAfter: groupTexts(watched.changedSince(revision)),
      revisionsFromTheFuture: watched.fromTheFuture(),
    };
  } finally {
    await watched.close();
  }
}

function isIt({ invariant, elements }: Finding, { invariant: wanted, about }: ExpectedFinding): boolean {
  const concerned = new Set<ElementId>(elements);
  return invariant === wanted && about.every((id) => concerned.has(id));
}

function stoodAfter({ finding, atMs }: HeardEvent, beginsMs: number): Played["stood"][number] {
  return { finding, afterMs: atMs - beginsMs };
}
