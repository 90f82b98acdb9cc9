import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { interfaceId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import type { SealingSizes } from "../../store/history/sealer.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { collected } from "../../topology/model/topology.ts";
import { eth0Revision } from "../store/fixtures/eth0-revision.ts";

/** A disk of its own that can be made larger; needs root. */
describe.skipIf(process.getuid?.() !== 0)("on a full disk", () => {
  let disk: string;
  let lifetime: Lifetime;
  let store: TopologyStore;
  let warnings: string[];
  const open = (sealing?: SealingSizes) =>
    openEmbeddedTopology(
      join(disk, "topology.duckdb"),
      { threads: 1, memoryMegabytes: 256 },
      { log: { ...silentLog, warn: (_, event) => warnings.push(event) }, sealing },
      lifetime,
    );

  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), "nephoscope-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]);
    lifetime = new Lifetime();
    warnings = [];
    store = await open({ tailChanges: 200, blockChanges: 16 });
  });
  afterEach(async () => {
    await lifetime.end();
    execFileSync("umount", [disk]);
    rmdirSync(disk);
  });

  /** Revisions of so many words of noise each. */
  async function appendUntilRefused(words = 400): Promise<{ readonly acknowledged: number; readonly error: unknown }> {
    for (let revision = 1; ; revision++) {
      try {
        await store.append([eth0Revision(revision, noise(revision, words))]);
      } catch (error) {
        return { acknowledged: revision - 1, error };
      }
    }
  }

  async function expectWhole(last: number): Promise<void> {
    expect(await store.lastRevision("c")).toBe(last);
    const { changes } = await store.changes({ cluster: "c", from: epochMsOf(0), to: epochMsOf(1e9), limit: 10_000 });
    expect(changes.map(({ revision }) => revision)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    expect((await collected(store.latest("c"))).get(interfaceId("a", undefined, "eth0"))?.attributes.mtu).toBe(last);
  }

  test("writes are refused as store.full, reads go on, and with room again nothing acknowledged is missing", async () => {
    writeFileSync(join(disk, "ballast"), Buffer.alloc(1_500_000, 1));
    const { acknowledged, error } = await appendUntilRefused();
    expect(error).toBeInstanceOf(OperatorError);
    expect(error).toMatchObject({ code: "store.full", status: 503, hint: expect.stringContaining("free some space") });
    for (let attempt = 0; attempt < 3; attempt++) {
      const again = store.append([eth0Revision(acknowledged + 1, noise(acknowledged))]);
      await expect(again).rejects.toMatchObject({ code: "store.full" });
    }
    await expectWhole(acknowledged);
    execFileSync("mount", ["-o", "remount,size=64m", disk]);
    await store.append([eth0Revision(acknowledged + 1)]);
    await expectWhole(acknowledged + 1);
    await store.close();
    store = await open();
    await expectWhole(acknowledged + 1);
  });

  test("also when the database gives up while it folds its log into the file", async () => {
    await store.close();
    store = await open();
    execFileSync("mount", ["-o", "remount,size=20m", disk]);
    // The log is folded once it has 16 MB: large revisions get there with fewer commits.
    const { acknowledged, error } = await appendUntilRefused(4_000);
    expect(error).toMatchObject({ code: "store.full" });
    expect(warnings).toContain("topology store is opened again");
    execFileSync("mount", ["-o", "remount,size=200m", disk]);
    await store.append([eth0Revision(acknowledged + 1)]);
    await expectWhole(acknowledged + 1);
    await store.close();
    store = await open();
    await expectWhole(acknowledged + 1);
  });

  test("it closes without an error, and opens again once there is room", async () => {
    const { acknowledged } = await appendUntilRefused();
    await store.close();
    execFileSync("mount", ["-o", "remount,size=64m", disk]);
    store = await open();
    await expectWhole(acknowledged);
  });
});

/** Text that does not compress, the same for the same seed. */
function noise(seed: number, words = 400): string {
  let state = seed * 2_654_435_761 + 1;
  let text = "";
  for (let i = 0; i < words; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text;
}
