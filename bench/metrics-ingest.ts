// node bench/metrics-ingest.ts — the metrics of a whole cloud, written to us and to the peers from Debian: the same bodies, one for
// each host and tick, gzip, shuffled, every series distinct. CPU is the server's, until it is at rest again. Ends everything it starts.
import { execFileSync } from "node:child_process";
import { Agent, request } from "node:http";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { cpuSecondsOf, memoryOf, seeded, spread } from "./collector-figures.ts";
import { bodyOf, gzipped, LINES_PER_BODY, SAMPLES_PER_BODY } from "./metric-load.ts";
import { type MetricServer, startInflux, startOurs, startVictoriaMetrics } from "./metric-servers.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    ticks: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    /** Which servers, in this order. */
    servers: { type: "string", default: "nephoscope,victoria-metrics,influxd" },
  },
});
const [HOSTS, TICKS, SEED] = [Number(values.hosts), Number(values.ticks), Number(values.seed)];
const CONNECTIONS = 16;
const TICK_MS = 10_000;
const SAMPLES = HOSTS * TICKS * SAMPLES_PER_BODY;
const starts = { nephoscope: startOurs, "victoria-metrics": startVictoriaMetrics, influxd: startInflux };

console.log(`${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}, Node ${process.version}`);
console.log(
  `seed ${SEED}, ${HOSTS} hosts, ${TICKS} ticks, ${LINES_PER_BODY} lines and ${SAMPLES_PER_BODY} samples a body: ${(SAMPLES / 1e6).toFixed(1)} M samples of ${((HOSTS * SAMPLES_PER_BODY) / 1e6).toFixed(2)} M series`,
);
console.log("victoria-metrics and influxd answer before anything is synced to the disk; we after");
for (const name of values.servers.split(",")) {
  const start = starts[name as keyof typeof starts];
  if (start === undefined) throw new Error(`unknown server ${name}: use ${Object.keys(starts).join(", ")}`);
  const folder = temporaryFolder();
  const server = await start(join(folder.path, "data"));
  try {
    await measure(server);
  } finally {
    await server.stop();
    folder.remove();
  }
}

async function measure(server: MetricServer): Promise<void> {
  const idleCpu = cpuSecondsOf(server);
  const took: number[] = [];
  const byTick: string[] = [];
  const random = seeded(SEED);
  const begin = Date.now() - TICKS * TICK_MS;
  let sendingMs = 0;
  for (let tick = 0; tick < TICKS; tick++) {
    const bodies = Array.from({ length: HOSTS }, (_, host) =>
      gzipped(bodyOf(SEED, host, tick, begin + tick * TICK_MS)),
    );
    shuffle(bodies, random);
    const [started, before] = [performance.now(), cpuSecondsOf(server)];
    await send(server, bodies, took);
    sendingMs += performance.now() - started;
    byTick.push((cpuSecondsOf(server) - before).toFixed(1));
  }
  await atRest(server);
  const cpu = cpuSecondsOf(server) - idleCpu;
  const diskMb = Number(execFileSync("du", ["-sm", server.folder], { encoding: "utf8" }).split("\t")[0]);
  console.log(
    `${server.name.padEnd(18)} ${(cpu / (SAMPLES / 1e6)).toFixed(3)} CPU s a million samples (${(SAMPLES / 1e6 / cpu).toFixed(2)} M samples a CPU s), ${(SAMPLES / 1e3 / sendingMs).toFixed(2)} M samples/s while sent; POST ${spread(took)} ms; ${memoryOf(server)}; disk ${((diskMb * 2 ** 20) / SAMPLES).toFixed(2)} B a sample; CPU s by tick ${byTick.join(" ")}`,
  );
}

function shuffle(bodies: Buffer[], random: () => number): void {
  for (let last = bodies.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const held = bodies[last];
    if (held === undefined || bodies[other] === undefined) continue;
    [bodies[last], bodies[other]] = [bodies[other], held];
  }
}

async function send({ url }: MetricServer, bodies: readonly Buffer[], took: number[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = 0;
  const worker = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const started = performance.now();
      for (let status = await post(agent, url, body); status !== 204; status = await post(agent, url, body)) {
        if (status !== 429 && status !== 503) throw new Error(`the server answered ${status}`);
        await wait(100);
      }
      took.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
}

function post(agent: Agent, url: string, body: Buffer): Promise<number> {
  const headers = { "content-encoding": "gzip", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/write?db=bench&precision=ms`, { method: "POST", agent, headers }, (reply) => {
      reply.resume();
      reply.once("end", () => resolve(reply.statusCode ?? 0));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** Until it uses hardly any CPU for three seconds: what it acknowledged is where it is kept then. */
async function atRest(server: MetricServer): Promise<void> {
  for (let [quiet, waited] = [0, 0]; quiet < 3 && waited < 300; waited++) {
    const before = cpuSecondsOf(server);
    await wait(1_000);
    quiet = cpuSecondsOf(server) - before < 0.08 ? quiet + 1 : 0;
  }
}
