import { describe, expect, test } from "vitest";
import { missedEvent, stepLifecycle } from "../../agent/vm/lifecycle.ts";

/** Kinds that a row of libvirt's events gives, each with its detail, of a machine that was in a state. */
function kinds(state: string | undefined, ...events: readonly (readonly [number, number])[]) {
  let isArriving = false;
  const told = [];
  for (const [event, detail] of events) {
    const step = stepLifecycle(event, detail, { isArriving, state });
    isArriving = step.isArriving;
    if (step.event !== undefined) told.push(step.event.kind);
  }
  return told;
}

const [DEFINED, UNDEFINED, STARTED, SUSPENDED, RESUMED, STOPPED, SHUTDOWN, PMSUSPENDED, CRASHED] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
] as const;

describe("lifecycle", () => {
  test.each([
    [
      "a start, where libvirt lets the processors go first",
      "shutoff",
      [
        [RESUMED, 0],
        [STARTED, 0],
      ],
      ["vm-started"],
    ],
    [
      "a machine that was never heard of",
      undefined,
      [
        [DEFINED, 0],
        [RESUMED, 0],
        [STARTED, 0],
      ],
      ["vm-started"],
    ],
    ["suspended by somebody", "running", [[SUSPENDED, 0]], ["vm-suspended"]],
    ["resumed by somebody", "paused", [[RESUMED, 0]], ["vm-resumed"]],
    [
      "shut down from inside",
      "running",
      [
        [SHUTDOWN, 1],
        [STOPPED, 0],
      ],
      ["vm-stopped"],
    ],
    [
      "destroyed and undefined",
      "running",
      [
        [STOPPED, 1],
        [UNDEFINED, 0],
      ],
      ["vm-stopped"],
    ],
    ["QEMU died", "running", [[STOPPED, 5]], ["vm-crashed"]],
    ["the guest's kernel panicked", "running", [[CRASHED, 0]], ["vm-crashed"]],
    [
      "asleep and awake",
      "pmsuspended",
      [
        [PMSUSPENDED, 0],
        [STARTED, 4],
      ],
      ["vm-suspended", "vm-resumed"],
    ],
    [
      "migrated here",
      undefined,
      [
        [STARTED, 1],
        [RESUMED, 1],
      ],
      ["vm-migrated-in"],
    ],
    [
      "on its way here, and lost",
      undefined,
      [
        [STARTED, 1],
        [STOPPED, 5],
      ],
      ["vm-stopped"],
    ],
    [
      "migrated away",
      "running",
      [
        [SUSPENDED, 1],
        [STOPPED, 3],
        [UNDEFINED, 0],
      ],
      ["vm-migrated-out"],
    ],
    [
      "a migration away that failed",
      "migrating",
      [
        [SUSPENDED, 1],
        [RESUMED, 1],
      ],
      [],
    ],
    ["something of a newer libvirt", "running", [[99, 0]], []],
  ] as const)("%s", (_, state, events, told) => {
    expect(kinds(state, ...events)).toEqual(told);
  });

  test("a disk that fails under a machine is critical", () => {
    expect(stepLifecycle(SUSPENDED, 2, { isArriving: false, state: "running" }).event).toMatchObject({
      kind: "vm-suspended",
      severity: "critical",
      reason: "I/O error",
    });
  });
});

describe("what happened while libvirt was away", () => {
  test.each([
    ["running", "running", undefined],
    ["paused", "paused", undefined],
    ["shutoff", "shutoff", undefined],
    ["running", "blocked", undefined],
    ["crashed", undefined, undefined],
    [undefined, undefined, undefined],
    [undefined, "shutoff", undefined],
    ["running", undefined, "vm-stopped"],
    ["running", "shutoff", "vm-stopped"],
    ["running", "crashed", "vm-crashed"],
    ["shutoff", "running", "vm-started"],
    [undefined, "running", "vm-started"],
    ["paused", "running", "vm-resumed"],
    ["running", "paused", "vm-suspended"],
  ])("%s, then %s: %s", (before, after, kind) => {
    expect(missedEvent(before, after)?.kind).toBe(kind);
  });
});
