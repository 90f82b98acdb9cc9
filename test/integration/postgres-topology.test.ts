import { afterAll, beforeAll } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import { type OpenedStore, topologyStoreContract } from "../store/topology-store.contract.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

async function openInNewDatabase(tailChanges: number, blockChanges: number): Promise<OpenedStore> {
  const settings = await server.createDatabase();
  const open = async () => {
    const lifetime = new Lifetime();
    const deps = { log: silentLog, sealing: { tailChanges, blockChanges } };
    return { lifetime, store: await openPostgresTopology(settings, deps, lifetime) };
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

topologyStoreContract("PostgreSQL that seals every few changes", () => openInNewDatabase(8, 3));
topologyStoreContract("PostgreSQL that never seals", () => openInNewDatabase(1_000_000, 256));
