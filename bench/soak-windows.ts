import { SAMPLES_PER_BODY } from "./metric-load.ts";
import type { FromLoad } from "./soak-load.ts";
import { cpuByThread, residentBytes, type ThreadReading, type WatchedServer } from "./watched-server.ts";

/** What ten seconds of the soak were like. */
export interface SoakWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly samples: number;
  readonly tookMs: readonly number[];
  readonly lateMs: readonly number[];
  /** Of the server, by the names of its threads. */
  readonly cpuSeconds: ReadonlyMap<string, number>;
  readonly loadCpuSeconds: number;
  readonly residentBytes: number;
  readonly threads: readonly ThreadReading[];
  readonly lagSeconds: number;
  readonly backlogBytes: number;
  readonly later: number;
}

const ANSWER_LIMIT_MS = 30_000;

/** Cuts what the load and the server tell into windows. To be asked each time the load has told something. */
export class WindowCutter {
  readonly #server: WatchedServer;
  readonly #ticksPerSecond: number;
  #fromMs = performance.now();
  #told = { bodies: 0, later: 0, cpuSeconds: 0 };
  #cpu: ReadonlyMap<string, number>;

  constructor(server: WatchedServer, ticksPerSecond: number) {
    this.#server = server;
    this.#ticksPerSecond = ticksPerSecond;
    this.#cpu = cpuByThread(server.pid, ticksPerSecond);
  }

  async cut(told: FromLoad): Promise<SoakWindow> {
    const before = { fromMs: this.#fromMs, told: this.#told, cpu: this.#cpu };
    const cpu = cpuByThread(this.#server.pid, this.#ticksPerSecond);
    this.#fromMs = performance.now();
    this.#told = told;
    this.#cpu = cpu;
    const head = await headFigures(this.#server.url);
    return {
      fromMs: before.fromMs,
      toMs: this.#fromMs,
      samples: (told.bodies - before.told.bodies) * SAMPLES_PER_BODY,
      tookMs: told.tookMs,
      lateMs: told.lateMs,
      cpuSeconds: new Map([...cpu].map(([name, seconds]) => [name, seconds - (before.cpu.get(name) ?? 0)])),
      loadCpuSeconds: told.cpuSeconds - before.told.cpuSeconds,
      residentBytes: residentBytes(this.#server.pid).now,
      threads: this.#server.readings(),
      ...head,
      later: told.later - before.told.later,
    };
  }
}

async function headFigures(url: string): Promise<Pick<SoakWindow, "lagSeconds" | "backlogBytes">> {
  const text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })).text();
  const of = (name: string) =>
    Number(new RegExp(`^nephoscope_consumer_${name}{consumer="head"} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  return { lagSeconds: of("lag_seconds"), backlogBytes: of("backlog_bytes") };
}

export function backlogOf(url: string): Promise<number> {
  return headFigures(url).then(({ backlogBytes }) => backlogBytes);
}

/** Seconds of all threads. */
export function cpuOf({ cpuSeconds }: SoakWindow): number {
  return [...cpuSeconds.values()].reduce((sum, seconds) => sum + seconds, 0);
}

/** The worst of each thread over some windows. */
export function worstOf(windows: readonly SoakWindow[]): ReadonlyMap<string, ThreadReading> {
  const worst = new Map<string, ThreadReading>();
  for (const reading of windows.flatMap(({ threads }) => threads)) {
    const known = worst.get(reading.thread);
    if (known === undefined) worst.set(reading.thread, reading);
    else worst.set(reading.thread, worseOf(known, reading));
  }
  return worst;
}

function worseOf(left: ThreadReading, right: ThreadReading): ThreadReading {
  const most = (of: (reading: ThreadReading) => number) => Math.max(of(left), of(right));
  return {
    thread: left.thread,
    p99Ms: most(({ p99Ms }) => p99Ms),
    worstMs: most(({ worstMs }) => worstMs),
    ownWorstMs: most(({ ownWorstMs }) => ownWorstMs),
    gcShare: most(({ gcShare }) => gcShare),
    gcWhole: most(({ gcWhole }) => gcWhole),
    gcWorstMs: most(({ gcWorstMs }) => gcWorstMs),
    heapUsedBytes: most(({ heapUsedBytes }) => heapUsedBytes),
    heapBytes: most(({ heapBytes }) => heapBytes),
    outsideBytes: most(({ outsideBytes }) => outsideBytes),
  };
}
