// node bench/traces.ts [--bodies 200] [--rounds 100] [--seconds 130] — what traces and streams cost. First in one process, by turns: the
// same bodies with and without them, all that a collector does but for the disk and the stores behind it. Then a round of asking a
// target, likewise. Then a whole collector under load for some minutes: bytes of each stream and of the log, and what that is in a day.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { loadConfig } from "../cli/config/load.ts";
import { processTraceScope } from "../cli/trace-scope.ts";
import { startStreams, type UpStreams } from "../cli/up/streams.ts";
import { RecentSequences } from "../collector/ingest/recent-sequences.ts";
import { registerIngest } from "../collector/ingest/routes.ts";
import { BodyWriter } from "../collector/ingest/write-body.ts";
import { SeriesKeys } from "../collector/line-protocol/series-keys.ts";
import { NewestRounds } from "../collector/pull/newest-rounds.ts";
import { roundSpan, writeSpan } from "../collector/pull/round-tracing.ts";
import { systemClock } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import { spanFields } from "../core/span.ts";
import { formatTraceparent, newTrace, randomBytes } from "../core/trace.ts";
import { openEmbeddedState } from "../store/embedded/state.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { createHttpServer, type HttpServer } from "../web/server/http.ts";
import { bodyOf, gzipped, SAMPLES_PER_BODY } from "./metric-load.ts";
import { startOurs } from "./metric-servers.ts";

const { values } = parseArgs({
  options: {
    bodies: { type: "string", default: "200" },
    rounds: { type: "string", default: "100" },
    seconds: { type: "string", default: "130" },
  },
});
const [BODIES, ROUNDS, SECONDS] = [Number(values.bodies), Number(values.rounds), Number(values.seconds)];
const HOSTS = 500;
const DAY_S = 86_400;

const lifetime = new Lifetime();
const folder = temporaryFolder();
try {
  await ingestByTurns();
  roundsByTurns();
  await streamsOfACollector();
} finally {
  await lifetime.end();
  folder.remove();
}

/** A server that takes bodies, and answers when a spool that is at once durable has them. */
async function openIngest(streams: UpStreams | undefined): Promise<HttpServer> {
  const app = await createHttpServer({
    version: "0",
    log: silentLog,
    traces: streams?.traces,
    onEnded: streams?.onEnded,
  });
  const position = { segment: 0, offset: 0 };
  const writer = new BodyWriter({
    ...{ clock: systemClock, cluster: "bench", recent: new RecentSequences(), maxInflatedBytes: 64_000_000 },
    spool: { append: async () => ({ kind: "durable", position }) },
    keys: SeriesKeys.forSeries(1_000_000),
    tracing: streams?.writes,
  });
  registerIngest(app, { writer, identityOf: () => ({ kind: "loopback" }) });
  await app.ready();
  return app;
}

async function ingestByTurns(): Promise<void> {
  const state = openEmbeddedState(join(folder.path, "state.sqlite"));
  lifetime.defer("state", () => state.close());
  const deps = {
    folder: join(folder.path, "logs"),
    state,
    traces: processTraceScope,
    clock: systemClock,
    log: silentLog,
  };
  const streams = startStreams(loadConfig({ env: {}, flags: [] }), deps, lifetime);
  const [bare, traced] = [await openIngest(undefined), await openIngest(streams)];
  lifetime.defer("servers", async () => {
    await Promise.all([bare.close(), traced.close()]);
  });
  const bodies = Array.from({ length: HOSTS }, (_, host) => gzipped(bodyOf(1, host, 0, Date.now())));
  let sequence = 0;
  const cpuOf = async (app: HttpServer): Promise<number> => {
    const before = process.cpuUsage();
    for (let n = 0; n < BODIES; n++) {
      const headers = {
        "content-encoding": "gzip",
        traceparent: formatTraceparent(newTrace(randomBytes), false),
        "nephoscope-agent": "4f9c2c1e-0000-4000-8000-000000000001",
        "nephoscope-sequence": String(++sequence),
      };
      const reply = await app.inject({
        method: "POST",
        url: "/write?db=bench&precision=ms",
        headers,
        payload: bodies[n % HOSTS] ?? "",
      });
      if (reply.statusCode !== 204) throw new Error(`${reply.statusCode} ${reply.body}`);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6 / ((BODIES * SAMPLES_PER_BODY) / 1e6);
  };
  await cpuOf(bare);
  await cpuOf(traced);
  const [without, withThem, differences]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    // Which one is first changes each time.
    const first = round % 2 === 0 ? await cpuOf(bare) : await cpuOf(traced);
    const second = round % 2 === 0 ? await cpuOf(traced) : await cpuOf(bare);
    const [b, t] = round % 2 === 0 ? [first, second] : [second, first];
    without.push(b);
    withThem.push(t);
    differences.push(t - b);
  }
  const difference = median(differences);
  console.log(
    `ingest: ${BODIES} bodies of ${SAMPLES_PER_BODY} samples, ${ROUNDS} rounds by turns; CPU s a million samples: without ${median(without).toFixed(3)}, with ${median(withThem).toFixed(3)}; median of the differences ${(difference * 1e3).toFixed(1)} ms (quarters ${quartersOf(differences.map((it) => it * 1e3))}), ${(difference * SAMPLES_PER_BODY).toFixed(1)} us a body`,
  );
  console.log(
    `lines of tracing it wrote: ${streams.files.tracing.writtenLines}, dropped ${streams.files.tracing.droppedLines}`,
  );
}

function roundsByTurns(): void {
  const newest = new NewestRounds();
  const count = 100_000;
  const origins = Array.from({ length: 1_000 }, (_, n) => ({
    cluster: "bench",
    job: "node",
    instance: `10.0.0.${n}:9100`,
  }));
  const before = process.cpuUsage();
  for (let n = 0; n < count; n++) {
    const origin = origins[n % origins.length] ?? { cluster: "" };
    const trace = newTrace(randomBytes);
    const [startedAt, durationMs, attributes] = [systemClock.now(), 3, { ...origin }];
    const ended = {
      trace,
      name: "scrape",
      startedAt,
      durationMs,
      reason: undefined,
      failingSince: undefined,
      attributes,
    };
    processTraceScope.run(trace, () => {
      newest.remember(origin, [writeSpan(trace, { startedAt, durationMs, lines: 900, attributes }), roundSpan(ended)]);
    });
  }
  const { user, system } = process.cpuUsage(before);
  console.log(`a round of asking a target: ${((user + system) / count).toFixed(1)} us`);
  const trace = newTrace(randomBytes);
  const [startedAt, attributes] = [systemClock.now(), { cluster: "bench", host: "cmp-1", lines: 66, bytes: 3_000 }];
  const span = writeSpan(trace, { startedAt, durationMs: 3, lines: 66, attributes });
  console.log(`a line of tracing: ${JSON.stringify(spanFields(span)).length + 60} B`);
}

/** As a user runs it: load of a cloud's agents at a tenth of their pace, a page that asks every five seconds, an alert each minute. */
async function streamsOfACollector(): Promise<void> {
  let logBytes = 0;
  const data = join(folder.path, "collector");
  const server = await startOurs(data, { onLog: (line) => (logBytes += line.length + 1) });
  try {
    const headers = { "content-encoding": "gzip" };
    const end = performance.now() + SECONDS * 1e3;
    let sent = 0;
    for (let n = 0; performance.now() < end; n++) {
      const body = new Uint8Array(gzipped(bodyOf(1, n % HOSTS, Math.floor(n / HOSTS), Date.now())));
      const url = `${server.url}/write?db=bench&precision=ms`;
      const trace = { traceparent: formatTraceparent(newTrace(randomBytes), false) };
      await (await fetch(url, { method: "POST", headers: { ...headers, ...trace }, body })).arrayBuffer();
      sent++;
      if (n % 50 === 0) await (await fetch(`${server.url}/api/v1/incidents?state=firing`)).arrayBuffer();
      await wait(10);
    }
    console.log(
      `a collector for ${SECONDS} s, ${sent} bodies (${((sent * SAMPLES_PER_BODY) / 1e6).toFixed(1)} M samples), one page open:`,
    );
    for (const name of ["tracing", "analysis", "behaviour", "operations"]) {
      const text = readFileSync(join(data, "logs", `${name}.ndjson`), { encoding: "utf8", flag: "a+" });
      const day = (((text.length / SECONDS) * DAY_S) / 1e6).toFixed(2);
      console.log(`  ${name.padEnd(10)} ${String(text.length).padStart(7)} B, ${day} MB a day: ${kindsIn(text)}`);
    }
    console.log(`  the log    ${String(logBytes).padStart(7)} B, the start among them`);
  } finally {
    await server.stop();
  }
}

/** How many lines of which kind, and why they were kept. */
function kindsIn(text: string): string {
  const counts = new Map<string, number>();
  for (const line of text.trimEnd().split("\n")) {
    const [kind, because] = [/"kind":"(\w+)"/.exec(line)?.[1], /"kept_because":"(\w+)"/.exec(line)?.[1]];
    if (kind === undefined) continue;
    const what = because === undefined ? kind : `${kind} (${because})`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** Between which half of them are. */
function quartersOf(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]?.toFixed(1);
  return `${at(0.25)} and ${at(0.75)}`;
}
