// node bench/control-plane.ts [--queues 20000] [--rounds 5] — a real RabbitMQ with tens of thousands of queues, read as a collector reads
// it, by its plugin and by its management API: time, bytes, processor time of ours and of the broker, and how many series come of it.
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connect } from "amqplib";
import { stringify } from "yaml";
import { loadConfig } from "../cli/config/load.ts";
import { pullConfig } from "../cli/up/pull-jobs.ts";
import { createPages } from "../collector/pull/control-plane/page-origin.ts";
import { RoundLines } from "../collector/pull/pull-writer.ts";
import type { ScrapeJob } from "../collector/pull/scrape/job.ts";
import { scrapedTarget } from "../collector/pull/scrape/scrape-target.ts";
import { targetOf } from "../collector/pull/scrape/target.ts";
import { systemClock } from "../core/clock.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { type RabbitMq, startRabbitMq } from "../test/integration/fixtures/rabbitmq.ts";
import { watchLoop } from "./loop-watch.ts";
import { cpuTaken } from "./process-cost.ts";

const { values } = parseArgs({
  options: { queues: { type: "string", default: "20000" }, rounds: { type: "string", default: "5" } },
});
const [QUEUES, ROUNDS] = [Number(values.queues), Number(values.rounds)];
/** With messages that nobody consumes: more than are told of a target. */
const FULL = Math.min(800, QUEUES);
const MESSAGES = 12;
const CHANNELS = 8;
const ROUND_LIMIT_MS = 60_000;

const broker = await startRabbitMq();
const folder = temporaryFolder();
try {
  await fill();
  // Statistics of new queues are gathered for a while.
  await wait(10_000);
  const idle = await brokerCpuOver(() => wait(10_000));
  console.log(
    `RabbitMQ with ${QUEUES} queues, ${FULL} of them with ${MESSAGES} messages nobody consumes; load ${loadavg()[0]?.toFixed(1)}; the broker at rest takes ${(idle * 10).toFixed(1)} % of a core (statistics each second; 5 s is its default)`,
  );
  for (const job of jobs()) await measure(job);
  await measurePerObject();
} finally {
  await broker.stop();
  folder.remove();
}

async function fill(): Promise<void> {
  const started = performance.now();
  const connection = await connect(broker.amqpUrl);
  const channels = await Promise.all(Array.from({ length: CHANNELS }, () => connection.createConfirmChannel()));
  await Promise.all(
    channels.map(async (channel, own) => {
      for (let n = own; n < QUEUES; n += CHANNELS) {
        const name = n < FULL ? `notifications-${n}` : `q-agent-notifier-port-update_fanout_${n}`;
        await channel.assertQueue(name, { durable: false });
        if (n >= FULL) continue;
        for (let message = 0; message < MESSAGES; message++) channel.sendToQueue(name, Buffer.from("{}"));
      }
      await channel.waitForConfirms();
    }),
  );
  await connection.close();
  console.log(`${QUEUES} queues declared in ${((performance.now() - started) / 1e3).toFixed(0)} s`);
}

/** As a user configures them. */
function jobs(): readonly ScrapeJob[] {
  const path = join(folder.path, "nephoscope.yaml");
  const basic_auth = { username: "guest", password: "guest" };
  // What is asked too long is given up by default after ten seconds; here it is to be known how long.
  const patient = { interval_seconds: 60, timeout_seconds: 60 };
  const control_plane = [
    { kind: "rabbitmq", targets: [broker.prometheus], ...patient },
    { kind: "rabbitmq-management", targets: [broker.management], basic_auth, ...patient },
  ];
  writeFileSync(path, stringify({ control_plane }));
  return pullConfig(loadConfig({ file: path, env: {}, flags: [] })).scrape;
}

async function measure(job: ScrapeJob): Promise<void> {
  const target = targetOf(job, job.targets[0] ?? "", {});
  if (typeof target === "string") throw new Error(target);
  const pages = createPages(job);
  const asking = scrapedTarget(target, pages);
  const [wall, own, brokers]: [number[], number[], number[]] = [[], [], []];
  const loop = watchLoop();
  let said = "";
  for (let round = 0; round <= ROUNDS; round++) {
    if (round === 1) loop.reset();
    const lines = new RoundLines();
    const [started, before] = [performance.now(), process.cpuUsage()];
    const taken = await brokerCpuOver(async () => {
      const asked = await asking.ask(systemClock.now(), lines, AbortSignal.timeout(ROUND_LIMIT_MS));
      if (asked.problem !== undefined) throw new Error(asked.problem.reason);
      said = `${asked.samples} samples on the page that is made, ${asked.kept} kept as ${lines.count} series`;
    });
    const { user, system } = process.cpuUsage(before);
    // The first opens connections and compiles.
    if (round > 0) {
      wall.push(performance.now() - started);
      own.push((user + system) / 1e3);
      brokers.push(taken * 1e3);
    }
    await wait(2_000);
  }
  pages.close();
  console.log(
    `${job.origin.kind}: ${median(wall)} ms a round (${ROUNDS}), ours ${median(own)} ms of CPU, the broker's ${median(brokers)} ms; ${said}; ${loop.text()}`,
  );
  loop.stop();
  for (const path of pathsOf(job)) {
    let size = "";
    const started = performance.now();
    const taken = await brokerCpuOver(async () => {
      size = await sizeOf(new URL(path, target.url));
    });
    const ms = Math.round(performance.now() - started);
    console.log(`  ${path}: ${size}, ${ms} ms, the broker's CPU ${Math.round(taken * 1e3)} ms`);
  }
}

function pathsOf({ origin }: ScrapeJob): readonly string[] {
  return origin.kind === "rabbitmq"
    ? ["/metrics", "/metrics/detailed?family=queue_coarse_metrics&family=queue_consumer_count"]
    : ["/api/overview", "/api/queues?columns=name,vhost,messages_ready,messages_unacknowledged,consumers"];
}

/** What versions before 3.10 have instead: everything of everything. */
async function measurePerObject(): Promise<void> {
  const started = performance.now();
  let size = "";
  const taken = await brokerCpuOver(async () => {
    size = await sizeOf(new URL(`http://${broker.prometheus}/metrics/per-object`));
  });
  console.log(
    `/metrics/per-object, for versions before 3.10: ${size}, ${Math.round(performance.now() - started)} ms, the broker's CPU ${Math.round(taken * 1e3)} ms; more than 64 MB is refused`,
  );
}

async function sizeOf(url: URL): Promise<string> {
  const reply = await fetch(url, { headers: { authorization: `Basic ${btoa("guest:guest")}` } });
  if (!reply.ok) return `HTTP ${reply.status}`;
  return `${((await reply.arrayBuffer()).byteLength / 1e6).toFixed(2)} MB`;
}

/** Seconds of the processor, of the broker and all that it started. */
async function brokerCpuOver(work: () => Promise<unknown>): Promise<number> {
  const total = () => {
    const { own, children } = cpuTaken(pidOf(broker));
    return own + children;
  };
  const before = total();
  await work();
  return total() - before;
}

function pidOf({ pid }: RabbitMq): number {
  const running = pid();
  if (running === undefined) throw new Error("the broker does not run");
  return running;
}

function median(numbers: readonly number[]): string {
  return (numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0).toFixed(0);
}
