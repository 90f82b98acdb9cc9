import { openInNewFolder } from "./fixtures/embedded-topology.ts";
import { topologyStoreContract } from "./topology-store.contract.ts";

topologyStoreContract("DuckDB, with tails too long for memory", () =>
  openInNewFolder({ tailChanges: 8, blockChanges: 3, mostHeldBytes: 400 }),
);
topologyStoreContract("DuckDB, with more blocks and keyframes than are held in memory", () =>
  openInNewFolder({ tailChanges: 6, blockChanges: 4, keyframes: { leastElements: 1, segments: 3 }, mostHeldPlaces: 5 }),
);
