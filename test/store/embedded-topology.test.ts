import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import type { SealingSizes } from "../../store/history/sealer.ts";
import { type OpenedStore, topologyStoreContract } from "./topology-store.contract.ts";

const LIMITS = { threads: 1, memoryMegabytes: 256 };

async function openInNewFolder(sealing: SealingSizes): Promise<OpenedStore> {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-topology-"));
  const open = async () => {
    const lifetime = new Lifetime();
    const path = join(folder, "topology.duckdb");
    return {
      lifetime,
      store: await openEmbeddedTopology(path, LIMITS, { log: silentLog, sealing }, lifetime),
    };
  };
  let current = await open();
  return {
    store: () => current.store,
    reopen: async () => {
      await current.lifetime.end();
      current = await open();
    },
    close: async () => {
      await current.lifetime.end();
      rmSync(folder, { recursive: true });
    },
  };
}

topologyStoreContract("DuckDB, sealed every few changes", () => openInNewFolder({ tailChanges: 8, blockChanges: 3 }));
topologyStoreContract("DuckDB, with keyframes of every few changes", () =>
  openInNewFolder({ tailChanges: 6, blockChanges: 4, keyframes: { leastElements: 1, segments: 3 } }),
);
topologyStoreContract("DuckDB, never sealed", () => openInNewFolder({ tailChanges: 1_000_000, blockChanges: 256 }));
topologyStoreContract("DuckDB, with tails too long for memory", () =>
  openInNewFolder({ tailChanges: 8, blockChanges: 3, mostHeldBytes: 400 }),
);
topologyStoreContract("DuckDB, with more blocks and keyframes than are held in memory", () =>
  openInNewFolder({ tailChanges: 6, blockChanges: 4, keyframes: { leastElements: 1, segments: 3 }, mostHeldPlaces: 5 }),
);
