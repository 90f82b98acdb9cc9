import { cpus } from "node:os";
import { spread } from "./collector-figures.ts";
import type { LiveQueries } from "./live-queries.ts";
import { LINES_PER_BODY, SAMPLES_PER_BODY } from "./metric-load.ts";
import type { SoakRows } from "./soak-rows.ts";
import { cpuOf, type SoakWindow, worstOf } from "./soak-windows.ts";
import type { SealedTable, ThreadReading } from "./watched-server.ts";

const CORES = cpus().length;
/** Until every series has been seen and the machine code is made. */
const WARM_MS = 60_000;

export interface Soak {
  readonly windows: readonly SoakWindow[];
  readonly queries: LiveQueries;
  readonly sealed: readonly SealedTable[];
  readonly rows: SoakRows;
  /** From the last write acknowledged to all of it in the head. */
  readonly caughtUpMs: number;
  readonly peakBytes: number;
  readonly begunMs: number;
}

function row(name: string, found: string, aim: string): void {
  console.log(`${name.padEnd(30)} ${found}${aim === "" ? "" : `   aim ${aim}`}`);
}

/** One line of a window. */
export function tellWindow(window: SoakWindow, begunMs: number): void {
  const threads = window.threads.map(
    ({ thread, worstMs, ownWorstMs }) => `${thread} loop worst ${worstMs.toFixed(0)} own ${ownWorstMs.toFixed(0)} ms`,
  );
  const took = `POST ${spread(window.tookMs)} ms, late ${spread(window.lateMs)}`;
  const head = `head lag ${window.lagSeconds.toFixed(1)} s, backlog ${(window.backlogBytes / 1e6).toFixed(1)} MB`;
  const later = window.later === 0 ? "" : `; ${window.later} answers said later`;
  console.log(
    `${((window.toMs - begunMs) / 1_000).toFixed(0).padStart(5)} s ${rateOf([window])}; ${took}; CPU ${shareOf([window])} (load ${percent(window.loadCpuSeconds, window)}); ${(window.residentBytes / 1e6).toFixed(0)} MB; ${threads.join(", ")}; ${head}${later}`,
  );
}

export function reportSoak({ windows, queries, sealed, rows, caughtUpMs, peakBytes, begunMs }: Soak): void {
  const warm = windows.filter(({ fromMs }) => fromMs - begunMs >= WARM_MS);
  const sealing = sealed.length === 0 ? [] : during(windows, sealed);
  console.log("");
  tellPhase(
    "first minute",
    windows.filter((window) => !warm.includes(window)),
  );
  tellPhase("after it", warm);
  if (sealing.length > 0) tellPhase("while sealing", sealing);
  row(
    "resident",
    `${megabytes(windows.at(-1)?.residentBytes)}, peak ${megabytes(peakBytes)}`,
    "<= 4 GB at 5 M series, <= 1 GB at 0.5 M",
  );
  for (const reading of worstOf(warm).values()) tellThread(reading);
  for (const [query, took] of queries.tookMs) row(query, `${spread(took)} ms, ${took.length} times`, "p99 <= 100 ms");
  row("queries without an answer", String(queries.failed()), "0");
  row(
    "head lag",
    `${spread(warm.map(({ lagSeconds }) => lagSeconds * 1_000))} ms by windows; caught up ${caughtUpMs.toFixed(0)} ms after the end`,
    "",
  );
  row("spool backlog", `${megabytes(Math.max(0, ...windows.map(({ backlogBytes }) => backlogBytes)))} at most`, "");
  row("answers that said later", String(windows.reduce((sum, { later }) => sum + later, 0)), "0");
  tellSealed(sealed);
  const wrong = rows.wrong.length === 0 ? "" : ` (${rows.wrong.join(", ")})`;
  row(
    "rows of acknowledged lines",
    `${rows.found} of ${rows.acknowledged}${wrong}, ${rows.doubled} double (${rows.notCompared} rows not looked through)`,
    "all, 0 double",
  );
  console.log(
    "not measured: three control nodes, a network between senders and the server, values sample by sample (rows are counted), a full hour in the seal unless the run is that long; the server also watches its own threads (two timers of 5 ms)",
  );
}

function tellPhase(name: string, windows: readonly SoakWindow[]): void {
  if (windows.length === 0) return;
  row(`${name}: rate`, rateOf(windows), "510 thousand");
  row(
    `${name}: POST`,
    `${spread(windows.flatMap(({ tookMs }) => tookMs))} ms; sent late ${spread(windows.flatMap(({ lateMs }) => lateMs))} ms`,
    "p99 <= 100 ms",
  );
  row(`${name}: server CPU`, `${shareOf(windows)} (${threadShares(windows)})`, `<= 60 % of ${CORES} cores`);
  const load = windows.reduce((sum, { loadCpuSeconds }) => sum + loadCpuSeconds, 0);
  row(`${name}: CPU of the load`, `${((load / seconds(windows) / CORES) * 100).toFixed(1)} %`, "");
  const loops = [...worstOf(windows).values()].map(
    ({ thread, worstMs, ownWorstMs }) => `${thread} ${worstMs.toFixed(0)} ms, own work ${ownWorstMs.toFixed(0)}`,
  );
  row(`${name}: longest block`, loops.join("; "), "<= 50 ms");
}

function tellThread({
  thread,
  p99Ms,
  gcShare,
  gcWorstMs,
  gcWhole,
  heapUsedBytes,
  heapBytes,
  outsideBytes,
}: ThreadReading): void {
  row(
    `thread ${thread}, worst`,
    `loop p99 ${p99Ms.toFixed(0)} ms; garbage ${(gcShare * 100).toFixed(1)} % of the time, longest ${gcWorstMs.toFixed(0)} ms, whole heap ${gcWhole} times in 10 s; heap ${megabytes(heapUsedBytes)} used of ${megabytes(heapBytes)}, ${megabytes(outsideBytes)} outside`,
    "",
  );
}

function tellSealed(sealed: readonly SealedTable[]): void {
  if (sealed.length === 0) {
    row("seal", "none ended in the run", "one");
    return;
  }
  const rows = sealed.reduce((sum, table) => sum + table.rows, 0);
  const bytes = sealed.reduce((sum, table) => sum + table.bytes, 0);
  const took = sealed.reduce((sum, { tookMs }) => sum + tookMs, 0);
  row(
    "seal",
    `${sealed.length} tables, ${(rows / 1e6).toFixed(1)} M rows, ${megabytes(bytes)}, ${((bytes * LINES_PER_BODY) / rows / SAMPLES_PER_BODY).toFixed(2)} B a sample, ${(took / 1_000).toFixed(1)} s`,
    "one",
  );
}

function during(windows: readonly SoakWindow[], sealed: readonly SealedTable[]): readonly SoakWindow[] {
  const from = Math.min(...sealed.map(({ endedAt, tookMs }) => endedAt - tookMs));
  const to = Math.max(...sealed.map(({ endedAt }) => endedAt));
  return windows.filter(({ fromMs, toMs }) => toMs > from && fromMs < to);
}

function seconds(windows: readonly SoakWindow[]): number {
  return windows.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1_000, 0);
}

function rateOf(windows: readonly SoakWindow[]): string {
  return `${(windows.reduce((sum, { samples }) => sum + samples, 0) / 1e3 / seconds(windows)).toFixed(1)} thousand samples/s`;
}

function shareOf(windows: readonly SoakWindow[]): string {
  const spent = windows.reduce((sum, window) => sum + cpuOf(window), 0);
  return `${((spent / seconds(windows) / CORES) * 100).toFixed(1)} %`;
}

/** Of all cores, by thread; those that hardly do anything are left out. */
function threadShares(windows: readonly SoakWindow[]): string {
  const spent = new Map<string, number>();
  for (const { cpuSeconds } of windows) {
    for (const [name, one] of cpuSeconds) spent.set(name, (spent.get(name) ?? 0) + one);
  }
  const shares = [...spent].map(([name, sum]) => [name, (sum / seconds(windows) / CORES) * 100] as const);
  const told = shares.filter(([, share]) => share >= 0.1).sort((a, b) => b[1] - a[1]);
  return told.map(([name, share]) => `${name} ${share.toFixed(1)}`).join(", ");
}

function percent(spent: number, window: SoakWindow): string {
  return `${((spent / seconds([window]) / CORES) * 100).toFixed(1)} %`;
}

function megabytes(bytes = 0): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
