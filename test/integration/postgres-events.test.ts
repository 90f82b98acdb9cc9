import { afterAll, beforeAll } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import { eventStoreContract } from "../store/event-store.contract.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

eventStoreContract("PostgreSQL", async () => {
  const settings = await server.createDatabase();
  const open = async () => {
    const lifetime = new Lifetime();
    return { lifetime, store: await openPostgresTopology(settings, { log: silentLog }, lifetime) };
  };
  let current = await open();
  return {
    events: () => current.store.hostEvents,
    reopen: async () => {
      await current.lifetime.end();
      current = await open();
    },
    close: () => current.lifetime.end(),
  };
});
