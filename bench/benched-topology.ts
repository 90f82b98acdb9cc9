import { statSync } from "node:fs";
import { join } from "node:path";
import type { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { DuckDbFile } from "../store/embedded/duckdb-file.ts";
import { openEmbeddedTopology } from "../store/embedded/topology.ts";
import type { HistoryStore } from "../store/history/history-store.ts";
import type { SealingSizes } from "../store/history/sealer.ts";
import { openPostgresTopology } from "../store/postgres/topology.ts";
import { startPostgres } from "../test/integration/fixtures/postgres.ts";

/** A topology store whose cost is measured. */
export interface BenchedTopology {
  open(): Promise<HistoryStore>;
  /** What the store takes while it is closed, without what is free to be used again. */
  usedBytes(): Promise<number>;
  /** What it takes on the disk, for people. */
  sizes(): Promise<string>;
  remove(): Promise<void>;
}

interface BenchedOptions {
  /** For the embedded store. */
  readonly folder: string;
  readonly memoryMegabytes: number;
  readonly sealing: SealingSizes;
}

export function benchedEmbedded(options: BenchedOptions, lifetime: Lifetime): BenchedTopology {
  const { folder, memoryMegabytes, sealing } = options;
  const path = join(folder, "topology.duckdb");
  return {
    open: () => openEmbeddedTopology(path, { threads: 2, memoryMegabytes }, { log: silentLog, sealing }, lifetime),
    usedBytes: async () => {
      const file = await DuckDbFile.open(path, { threads: 1, memoryMegabytes: 256 });
      try {
        return await file.use("read", async (connection) => {
          const size = await connection.runAndReadAll("SELECT used_blocks * block_size FROM pragma_database_size()");
          return Number(size.getRows()[0]?.[0]);
        });
      } finally {
        await file.close();
      }
    },
    sizes: async () => `${megabytes(statSync(path).size)} file`,
    remove: async () => undefined,
  };
}

/** A PostgreSQL of its own, durable as in production. Its CPU is not counted in this process's. */
export async function benchedPostgres({ sealing }: BenchedOptions, lifetime: Lifetime): Promise<BenchedTopology> {
  const server = await startPostgres();
  const settings = await server.createDatabase();
  const sizesOf = (measure: string) =>
    server.query(
      `SELECT relname AS name, ${measure} AS bytes FROM pg_class
        WHERE relnamespace = 'nephoscope'::regnamespace AND relkind = 'r' ORDER BY 2 DESC`,
      settings.database,
    );
  const total = async () => {
    const rows = await sizesOf("pg_total_relation_size(oid)");
    return rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  };
  return {
    open: () => openPostgresTopology(settings, { log: silentLog, sealing }, lifetime),
    usedBytes: async () => {
      // As the server's own vacuum leaves it, but rewritten: without room for rows to come.
      await server.query("VACUUM FULL", settings.database);
      return total();
    },
    sizes: async () => {
      const rows = await sizesOf("pg_total_relation_size(oid)");
      const tables = rows.slice(0, 6).map(({ name, bytes }) => `${name} ${megabytes(Number(bytes))}`);
      return `${megabytes(await total())} in tables and indexes (${tables.join(", ")})`;
    },
    remove: () => server.remove(),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
