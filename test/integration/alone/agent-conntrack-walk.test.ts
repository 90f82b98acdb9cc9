import { afterEach, beforeEach, expect, test } from "vitest";
import { createTally } from "../../../agent/connections/tally.ts";
import { walkEntries } from "../../../agent/connections/walk.ts";
import type { Zone } from "../../../agent/connections/zone.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { run } from "../fixtures/command.ts";
import { addConntrackEntries, type TestEntry } from "../fixtures/conntrack-entries.ts";

const ZONE = 30_511;
const PORT = {
  portId: "p",
  vmId: "v",
  addresses: ["10.44.0.1", "fd00:0000:0000:0000:0000:0000:0000:0044"],
};
const ZONES: ReadonlyMap<number, Zone> = new Map([[ZONE, { kind: "network", networkId: "n", ports: [PORT] }]]);

let lifetime: Lifetime;

beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

const deps = (signal = new AbortController().signal) => ({ proc: createProcReader(), clock: systemClock, signal });

// Several pieces of 64 KB, so that lines are cut in their middle.
test("the file and the command count the same connections, of both families", async () => {
  const four = Array.from({ length: 1_500 }, (_, n): TestEntry => {
    return { zone: ZONE, source: "10.44.0.1", destination: `192.0.${n >> 8}.${n & 255}` };
  });
  const six = { zone: ZONE, source: "fd00::44", destination: "fd00::1", protocol: "udp" } as const;
  await addConntrackEntries(undefined, [...four, six], lifetime);
  for (const source of ["file", "command"] as const) {
    const tally = createTally(ZONES);
    const costMs = await walkEntries(source, tally.add, deps());
    expect(costMs, source).toBeGreaterThanOrEqual(0);
    const counts = { tcp_established: 1_500, tcp_other: 0, udp: 1, other: 0 };
    expect(tally.result().ports.get(PORT), source).toEqual(counts);
    expect(tally.result().networks.get("n"), source).toEqual(counts);
  }
});

test("a walk that is ended in its middle says nothing, and leaves nothing running", async () => {
  const many = Array.from({ length: 4_000 }, (_, n): TestEntry => {
    return { zone: ZONE, source: "10.44.0.1", destination: `192.0.${n >> 8}.${n & 255}` };
  });
  await addConntrackEntries(undefined, many, lifetime);
  for (const source of ["file", "command"] as const) {
    const over = new AbortController();
    const costMs = await walkEntries(source, () => over.abort(), deps(over.signal));
    expect(costMs, source).toBeUndefined();
    await eventually(async () => (await blockReaders()).length === 0, { what: `the end of ${source}` });
  }
});

/** Processes of ours or left behind by ours that read blocks. */
async function blockReaders(): Promise<readonly string[]> {
  const command = "ps -e -o args= | grep '^dd bs=64k iflag=fullblock' || true";
  return (await run("sh", "-c", command)).split("\n").filter((line) => line !== "");
}
