import { openInNewFolder } from "./fixtures/embedded-topology.ts";
import { topologyStoreContract } from "./topology-store.contract.ts";

topologyStoreContract("DuckDB, sealed every few changes", () => openInNewFolder({ tailChanges: 8, blockChanges: 3 }));
topologyStoreContract("DuckDB, with keyframes of every few changes", () =>
  openInNewFolder({ tailChanges: 6, blockChanges: 4, keyframes: { leastElements: 1, segments: 3 } }),
);
topologyStoreContract("DuckDB, never sealed", () => openInNewFolder({ tailChanges: 1_000_000, blockChanges: 256 }));
