// node bench/metrics-soak.ts — the metrics of a whole cloud for half an hour, as its hosts send them: each a body in ten seconds, evenly.
// What it costs meanwhile, how long writers and readers wait, and whether all of it is there in the end. The server's clock is set so that
// an hour of it ends in the run and is sealed in it: it holds the samples from the start to then. Ends everything it starts.
import { execFileSync } from "node:child_process";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SEAL_AFTER_MS } from "../store/embedded/metrics/sealing.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { type LiveQueries, startLiveQueries } from "./live-queries.ts";
import { hostName, SAMPLES_PER_BODY } from "./metric-load.ts";
import { type SoakLoad, startSoakLoad } from "./soak-load.ts";
import { reportSoak, tellWindow } from "./soak-report.ts";
import { countSoakRows } from "./soak-rows.ts";
import { backlogOf, type SoakWindow, WindowCutter } from "./soak-windows.ts";
import { residentBytes, startWatched, type WatchedServer } from "./watched-server.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    minutes: { type: "string", default: "30" },
    /** Samples a second; a host sends once in ten seconds when it is left out. */
    rate: { type: "string" },
    /** Share of the series that is new within an hour. */
    churn: { type: "string", default: "0.05" },
    /** Megabytes of the embedded store. */
    /** Megabytes of the store, and for the newest rows: as configured when left out, and more for many hosts. */
    memory: { type: "string" },
    recent: { type: "string" },
    /** Minute of the run in which an hour ends; it is sealed ten minutes later. In the middle of what is left when it is left out. */
    turn: { type: "string" },
    seed: { type: "string", default: "1" },
    /** How many bodies may be under way at once; hosts do not wait for each other. */
    connections: { type: "string", default: "256" },
    /** Further flags of the server's Node, separated by spaces. */
    flags: { type: "string", default: "" },
  },
});
const [HOSTS, MINUTES, SEED] = [Number(values.hosts), Number(values.minutes), Number(values.seed)];
const TICK_MS = values.rate === undefined ? 10_000 : (HOSTS * SAMPLES_PER_BODY * 1_000) / Number(values.rate);
const IS_LARGE = HOSTS > 2_000;
const MEMORY_MB = Number(values.memory ?? (IS_LARGE ? 512 : 256));
const RECENT_MB = Number(values.recent ?? (IS_LARGE ? 1_900 : 320));
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** The hour is looked at once a minute, and sealing takes a while. */
const TURN_MINUTE = turnMinute();
/** From here to the first sample. */
const START_MS = 15_000;
const CATCH_UP_LIMIT_MS = 300_000;
const QUERIES = [
  `avg_over_time(mem_available_bytes{host="${hostName(7)}"}[1m])`,
  "topk(10, rate(net_if_rx_bytes[5m]))",
];

console.log(
  `${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
);
const series = (HOSTS * SAMPLES_PER_BODY) / 1e6;
console.log(
  `seed ${SEED}, ${HOSTS} hosts, ${series.toFixed(2)} M series, ${Number(values.churn) * 100} % of them new in an hour, ${((series * 1e6) / TICK_MS).toFixed(1)} thousand samples/s for ${MINUTES} min; memory of the store ${MEMORY_MB} MB, of the newest rows ${RECENT_MB} MB`,
);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(new Error("interrupted")));
const folder = temporaryFolder();
const data = join(folder.path, "data");
const clockShiftMs = shiftOfClock();
let [server, load, queries]: [WatchedServer | undefined, SoakLoad | undefined, LiveQueries | undefined] = [
  undefined,
  undefined,
  undefined,
];
try {
  const settings = [
    "metrics.spool_megabytes=8000",
    `metrics.memory_megabytes=${MEMORY_MB}`,
    `metrics.recent_megabytes=${RECENT_MB}`,
  ];
  const nodeFlags = values.flags.split(" ").filter((flag) => flag !== "");
  server = await startWatched(data, { settings, clockShiftMs, nodeFlags });
  const { url, pid } = server;
  const cutter = new WindowCutter(server, Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })));
  const begunMs = performance.now();
  load = startSoakLoad({
    ...{ url, seed: SEED, hosts: HOSTS, tickMs: TICK_MS, clockShiftMs },
    ...{ churnPerHour: Number(values.churn), connections: Number(values.connections) },
  });
  queries = startLiveQueries(url, QUERIES);
  const windows: SoakWindow[] = [];
  let isOver = false;
  load.onTold(async (told) => {
    // What it tells at last is of less than a window.
    if (isOver) return;
    const window = await cutter.cut(told).catch(() => undefined);
    if (window === undefined) return;
    windows.push(window);
    tellWindow(window, begunMs);
  });
  await Promise.race([wait(MINUTES * MINUTE_MS + 500, undefined, { signal: stop.signal }), load.failed]);
  isOver = true;
  await queries.stop();
  const { bodies } = await load.stop();
  const caughtUpMs = await caughtUp(url);
  const { peak } = residentBytes(pid);
  const { sealed } = server;
  await server.stop();
  server = undefined;
  const rows = await countSoakRows(data, bodies);
  reportSoak({ windows, queries, sealed, rows, caughtUpMs, peakBytes: peak, begunMs });
  if (rows.wrong.length > 0 || rows.doubled > 0) process.exitCode = 1;
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.error("interrupted: ending what was started");
  process.exitCode = 130;
} finally {
  load?.kill();
  await queries?.stop();
  await server?.stop();
  folder.remove();
}

function turnMinute(): number | undefined {
  if (values.turn !== undefined) return Number(values.turn);
  const roomMinutes = MINUTES - SEAL_AFTER_MS / MINUTE_MS;
  return roomMinutes < 4 ? undefined : Math.floor(roomMinutes / 2);
}

/** Ahead of the machine's clock by less than an hour. */
function shiftOfClock(): number {
  const minute = TURN_MINUTE ?? 50;
  const untilHourMs = HOUR_MS - (Date.now() % HOUR_MS);
  const shift = (untilHourMs - minute * MINUTE_MS - START_MS + HOUR_MS) % HOUR_MS;
  const text =
    TURN_MINUTE === undefined
      ? "no hour ends in the run"
      : `an hour ends in minute ${TURN_MINUTE} and is sealed from minute ${(TURN_MINUTE + SEAL_AFTER_MS / MINUTE_MS).toFixed(1)} on; it has the samples of ${TURN_MINUTE} minutes`;
  console.log(`clocks of server and load are ${(shift / MINUTE_MS).toFixed(1)} min ahead: ${text}`);
  return shift;
}

/** How long until the head had taken all that was acknowledged. */
async function caughtUp(url: string): Promise<number> {
  const begun = performance.now();
  while ((await backlogOf(url)) > 0) {
    if (performance.now() - begun > CATCH_UP_LIMIT_MS) throw new Error("the head did not catch up in five minutes");
    await wait(50);
  }
  return performance.now() - begun;
}
