import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import { eventStoreContract } from "./event-store.contract.ts";

const LIMITS = { threads: 1, memoryMegabytes: 256 };

eventStoreContract("DuckDB", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-events-"));
  const path = join(folder, "topology.duckdb");
  const open = async () => {
    const lifetime = new Lifetime();
    return { lifetime, store: await openEmbeddedTopology(path, LIMITS, { log: silentLog }, lifetime) };
  };
  let current = await open();
  return {
    events: () => current.store.hostEvents,
    reopen: async () => {
      await current.lifetime.end();
      current = await open();
    },
    close: async () => {
      await current.lifetime.end();
      rmSync(folder, { recursive: true });
    },
  };
});
