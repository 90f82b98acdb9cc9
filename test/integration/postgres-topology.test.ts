import { afterAll, beforeAll } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { SealingSizes } from "../../store/history/sealer.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import { type OpenedStore, topologyStoreContract } from "../store/topology-store.contract.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

async function openInNewDatabase(sealing: SealingSizes): Promise<OpenedStore> {
  const settings = await server.createDatabase();
  const open = async () => {
    const lifetime = new Lifetime();
    return { lifetime, store: await openPostgresTopology(settings, { log: silentLog, sealing }, lifetime) };
  };
  let current = await open();
  return {
    store: () => current.store,
    reopen: async () => {
      await current.lifetime.end();
      current = await open();
    },
    close: () => current.lifetime.end(),
  };
}

topologyStoreContract("PostgreSQL that seals every few changes", () =>
  openInNewDatabase({ tailChanges: 8, blockChanges: 3 }),
);
topologyStoreContract("PostgreSQL with keyframes of every few changes", () =>
  openInNewDatabase({ tailChanges: 6, blockChanges: 4, keyframes: { leastElements: 1, segments: 3 } }),
);
topologyStoreContract("PostgreSQL that never seals", () =>
  openInNewDatabase({ tailChanges: 1_000_000, blockChanges: 256 }),
);
