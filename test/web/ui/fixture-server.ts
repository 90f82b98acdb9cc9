import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import fastifyStatic from "@fastify/static";
import fastify from "fastify";
import { Server } from "socket.io";
import { LIVE_NAMESPACE, type LivePageToServer, type LiveServerToPage } from "../../../web/api/live.ts";
import { problem, registerOperations, registerTopology, wireChange, withinScope } from "./fixture-routes.ts";
import { CLUSTER, createWorld, SCENARIOS, type Scenario, type World } from "./fixture-world.ts";

export interface FixtureOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly scenario: Scenario;
  /** The only token let in; without it the server is open. */
  readonly token?: string | undefined;
  /** The host's agent has gone silent. */
  readonly silent?: boolean | undefined;
  /** A VM comes or goes this often; never without it. */
  readonly tickMs?: number | undefined;
}

export interface FixtureServer {
  readonly url: string;
  readonly world: World;
  /** Cuts every connection, and new ones too until it is called with `false`. */
  goAway(away: boolean): void;
  close(): Promise<void>;
}

const DIST = fileURLToPath(new URL("../../../web/ui/dist/", import.meta.url));
/** Stricter than the real server's: the page must not need anything inline. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws:; frame-ancestors 'none'; base-uri 'none'";

/** Answers as the web server does, from made-up data, on loopback. */
export async function startFixtureServer(options: FixtureOptions): Promise<FixtureServer> {
  const world = createWorld(options.scenario, options.silent === true);
  const app = fastify({ routerOptions: { maxParamLength: 2_048 } });
  let away = false;
  app.addHook("onRequest", async (request, reply) => {
    if (away) request.raw.socket.destroy();
    reply.header("content-security-policy", POLICY);
    const isOpen = !request.url.startsWith("/api/") || request.url === "/api/v1/session" || options.token === undefined;
    if (isOpen || request.headers.cookie?.includes(`token=${options.token}`)) return;
    return reply.code(401).send(problem(401, "access.token_needed", "this needs a token", "sign in on the page"));
  });
  app.post("/api/v1/session", (request, reply) => {
    const { token } = request.body as { token: string };
    if (token !== options.token) {
      return reply
        .code(401)
        .send(problem(401, "access.token_unknown", "nobody has this token", "check that it was copied whole"));
    }
    return reply.header("set-cookie", `token=${token}; Path=/; HttpOnly; SameSite=Strict`).code(204).send();
  });
  app.delete("/api/v1/session", (_request, reply) =>
    reply.header("set-cookie", "token=; Max-Age=0; Path=/").code(204).send(),
  );
  registerTopology(app, world);
  registerOperations(app, world, options.token === undefined ? "loopback" : "tokens");
  await app.register(fastifyStatic, { root: DIST });
  app.get("/alerts", (_request, reply) => reply.sendFile("index.html"));
  app.get("/capacity", (_request, reply) => reply.sendFile("index.html"));
  app.get("/system", (_request, reply) => reply.sendFile("index.html"));
  const io = new Server<LivePageToServer, LiveServerToPage>(app.server, { serveClient: false });
  serveLive(io, world, () => away);
  const ticker = options.tickMs === undefined ? undefined : setInterval(ticking(world), options.tickMs);
  const url = await app.listen({ port: options.port, host: "127.0.0.1" });
  return {
    url,
    world,
    goAway: (isAway) => {
      away = isAway;
      if (isAway) io.of(LIVE_NAMESPACE).disconnectSockets(true);
    },
    close: async () => {
      clearInterval(ticker);
      await io.close();
      await app.close();
    },
  };
}

function serveLive(io: Server<LivePageToServer, LiveServerToPage>, world: World, isAway: () => boolean): void {
  const namespace = io.of(LIVE_NAMESPACE);
  namespace.use((_socket, next) => next(isAway() ? new Error("away") : undefined));
  namespace.on("connection", (socket) => {
    let sequence = 0;
    const listener: Parameters<World["listeners"]["add"]>[0] = (changes, at) => {
      sequence++;
      const revision = world.history.revision();
      socket.emit("changes", { sequence, cluster: CLUSTER, revision, at, changes: changes.map(wireChange) as never });
    };
    socket.on("subscribe", (request, reply) => {
      const elements = withinScope(world.history.now(), request.root) as never;
      world.listeners.add(listener);
      reply({ kind: "full", sequence, cluster: CLUSTER, revision: world.history.revision(), at: 0, elements });
    });
    socket.on("disconnect", () => world.listeners.delete(listener));
  });
}

function ticking(world: World): () => void {
  let count = 0;
  return () => {
    const index = 60 + (count % 4);
    if (count % 8 < 4) world.putVm(index);
    else world.dropVm(index);
    count++;
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8650" },
      scenario: { type: "string", default: "cloud" },
      token: { type: "string" },
      silent: { type: "boolean" },
      tick: { type: "string" },
    },
  });
  const server = await startFixtureServer({
    port: Number(values.port),
    scenario: SCENARIOS.find((each) => each === values.scenario) ?? "cloud",
    token: values.token,
    silent: values.silent,
    tickMs: values.tick === undefined ? undefined : Number(values.tick),
  });
  process.stdout.write(`${server.url}\n`);
}
