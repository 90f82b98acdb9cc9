import { once } from "node:events";
import { createServer, type Server, Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { PostgresSettings } from "../../store/postgres/postgres-settings.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import { eventually } from "../fixtures/eventually.ts";
import { eth0Revision } from "../store/fixtures/eth0-revision.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

const WITHIN_MS = 30_000;

/**
 * Between us and the server; when told to, it lets the next COMMIT through and is cut before its answer. The server does not
 * notice: its end of the connection stays, with all that it holds.
 */
class LossyWire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  cutsNextCommit = false;

  constructor(targetPort: number) {
    this.#server = createServer((client) => this.#join(client, targetPort));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket, targetPort: number): void {
    const target = new Socket().connect(targetPort, "127.0.0.1");
    let isSilent = false;
    for (const socket of [client, target]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.on("data", (bytes) => {
      isSilent ||= this.cutsNextCommit && bytes.includes("COMMIT");
      if (isSilent) this.cutsNextCommit = false;
      target.write(bytes);
    });
    target.on("data", (bytes) => {
      if (isSilent) client.destroy();
      else client.write(bytes);
    });
    client.on("close", () => {
      if (!isSilent) target.destroy();
    });
    target.on("close", () => client.destroy());
  }
}

let server: PostgresServer;
let settings: PostgresSettings;
let wire: LossyWire;
const lifetime = new Lifetime();
beforeAll(async () => {
  server = await startPostgres();
  settings = await server.createDatabase();
  wire = new LossyWire(server.port);
});
afterAll(async () => {
  await lifetime.end();
  await wire.close();
  await server.remove();
});

test("a commit whose answer was lost is refused, taken back, and may come again as something else", async () => {
  const store = await openPostgresTopology({ ...settings, port: await wire.listen() }, { log: silentLog }, lifetime);
  await store.append([eth0Revision(1)]);
  wire.cutsNextCommit = true;
  await expect(store.append([eth0Revision(2, "lost")])).rejects.toMatchObject({ code: "store.unavailable" });
  // It was kept: this is what must not be seen.
  const stored = async () => {
    const [row] = await server.query("SELECT max(revision) AS last FROM nephoscope.changes", settings.database);
    return row?.last;
  };
  await eventually(async () => (await stored()) === "2", { withinMs: WITHIN_MS, what: "the lost commit" });

  const notes = async () => {
    const { changes } = await store.changes({ cluster: "c", from: epochMsOf(0), to: epochMsOf(10), limit: 10 });
    return changes.map(({ revision, change }) => [revision, change.kind === "update" && change.after.note]);
  };
  expect(await notes()).toEqual([[1, false]]);
  expect(await stored()).toBe("1");
  await store.append([eth0Revision(2, "again")]);
  expect(await notes()).toEqual([
    [1, false],
    [2, "again"],
  ]);
});
