import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { type Clock, epochMsOf } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { MeshPlan } from "../../core/mesh.ts";
import { startMetricCourier } from "../agents/metric-courier.ts";
import { startTroupe } from "../agents/troupe.ts";
import { buildCloud } from "../cloud/build.ts";
import type { Utterance } from "../day/utterance.ts";
import { Chronicle } from "../openstack/chronicle.ts";
import { openReplay } from "../recording/replay.ts";
import type { RunOptions } from "./options.ts";
import { openOutputs } from "./outputs.ts";
import { progressLine } from "./progress.ts";
import { type ServedCloud, serveOpenStack } from "./serve-openstack.ts";
import { startSimulatedTime } from "./simulated-time.ts";
import { liveSource, replaySource, type Source } from "./source.ts";

/** When a cloud begins of which nobody says it: without a collector there is no now that matters. */
const OFFLINE_BEGAN_AT = Date.UTC(2026, 0, 1);
const STEP_MS = 50;
/** Other work of the process gets its turn after this long. */
const SLICE_MS = 20;
const PROGRESS_EVERY_MS = 5_000;
/** At the end of a run, for what is still to be acknowledged. */
const SETTLE_WITHIN_MS = 10_000;

export interface SimulatorDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly processId: string;
  /** What is said when offline and not recorded. */
  readonly print: (line: string) => void;
  readonly progress: (line: string) => void;
}

/**
 * Runs until the duration is over, the recording ends or the lifetime does.
 * Errors: OperatorError `simulate.size`, `simulate.scenario`, `simulate.recording`, `simulate.file`, `simulate.openstack`.
 */
export async function simulate(options: RunOptions, deps: SimulatorDeps, lifetime: Lifetime): Promise<void> {
  const { source, served } = await openSource(options, deps.clock);
  const outputs = openOutputs(options, source, deps.print);
  try {
    if (options.collector === undefined) await runOffline(source, { options, outputs, deps, lifetime });
    else await runOnline(source, { options, outputs, deps, lifetime, served });
  } finally {
    outputs.close();
  }
}

interface Run {
  readonly options: RunOptions;
  readonly outputs: ReturnType<typeof openOutputs>;
  readonly deps: SimulatorDeps;
  readonly lifetime: Lifetime;
  /** Undefined: a recording has no OpenStack. */
  readonly served?: ServedCloud | undefined;
}

interface Opened {
  readonly source: Source;
  readonly served?: ServedCloud | undefined;
}

async function openSource(options: RunOptions, clock: Clock): Promise<Opened> {
  const { cloud: plan, replayFile } = options;
  if (replayFile !== undefined) return { source: replaySource(await openReplay(replayFile)) };
  if (plan === undefined) throw new Error("a run needs a cloud or a recording");
  const isOffline = options.collector === undefined;
  const now = isOffline ? OFFLINE_BEGAN_AT : clock.now();
  const beganAt = options.beganAt ?? now;
  const fromMs = isOffline ? 0 : Math.max(0, (now - beganAt) * options.speed);
  const cloud = buildCloud({ ...plan, beganAt });
  if (options.openstack === undefined) return { source: liveSource(cloud, plan, fromMs) };
  const chronicle = new Chronicle(cloud);
  const source = liveSource(cloud, { ...plan, witness: (done) => chronicle.note(done) }, fromMs);
  return { source, served: { cloud, chronicle } };
}

/** As fast as it can be written; the time is the cloud's own. */
async function runOffline(source: Source, { options, outputs, lifetime }: Run): Promise<void> {
  const untilMs = options.durationMs ?? Number.POSITIVE_INFINITY;
  await hearAll(source, untilMs, { lifetime, hear: outputs.write });
  outputs.truths(source.truths((ms) => source.beganAt + ms));
}

async function runOnline(source: Source, { options, outputs, deps, lifetime, served }: Run): Promise<void> {
  const { collector } = options;
  if (collector === undefined) throw new Error("a run online needs a collector");
  const { clock, random, processId, progress } = deps;
  const address = { collectorUrl: collector.url, token: collector.token };
  const courier = startMetricCourier({ ...address, processId }, lifetime);
  // A recording is played from its beginning, whenever that was.
  const beganAt = options.replayFile === undefined ? source.beganAt : clock.now();
  const time = startSimulatedTime(clock, { beganAt, speed: options.speed });
  if (options.openstack !== undefined && served !== undefined) {
    const { wallOf } = time;
    for (const line of await serveOpenStack(options.openstack, { ...served, clock, wallOf }, lifetime)) progress(line);
  }
  const onMesh = (host: string, plan: MeshPlan) => source.followMesh(host, plan, time.nowMs());
  const troupe = startTroupe({ ...options, ...address, onMesh }, { clock, random }, lifetime);
  const endMs = time.nowMs() + (options.durationMs ?? Number.POSITIVE_INFINITY);
  const report = () =>
    progress(
      progressLine({
        simulatedMs: time.nowMs(),
        agents: troupe.size,
        figures: troupe.figures,
        metrics: courier.figures,
      }),
    );
  const timer = setInterval(report, PROGRESS_EVERY_MS);
  lifetime.defer("progress", () => clearInterval(timer));
  const hear = (utterance: Utterance) => {
    outputs.write(utterance);
    if (utterance.kind !== "metrics") return troupe.hear(utterance, time.wallOf(utterance.atMs));
    const at = time.wallOf(utterance.sampledMs);
    courier.send(utterance.lines, clockOf(at, troupe.skewMsOf(utterance.host)));
  };
  for (let nowMs = time.nowMs(); !lifetime.isOver; nowMs = time.nowMs()) {
    await hearAll(source, Math.min(nowMs, endMs), { lifetime, hear, clock });
    outputs.truths(source.truths(time.wallOf));
    if (nowMs >= endMs || source.isOver()) break;
    await wait(STEP_MS, undefined, { signal: lifetime.signal }).catch(() => {});
  }
  const settledMs = clock.monotonicMs() + SETTLE_WITHIN_MS;
  while (!lifetime.isOver && clock.monotonicMs() < settledMs && !(troupe.isSettled() && courier.isSettled())) {
    await wait(STEP_MS, undefined, { signal: lifetime.signal }).catch(() => {});
  }
  report();
}

/** Line by line, with pauses in between for the rest of the process. */
async function hearAll(
  source: Source,
  untilMs: number,
  { lifetime, hear, clock }: { lifetime: Lifetime; hear: (utterance: Utterance) => void; clock?: Clock },
): Promise<void> {
  let sliceEndsMs = (clock?.monotonicMs() ?? 0) + SLICE_MS;
  let groups = 0;
  for await (const group of source.until(untilMs)) {
    for (const utterance of group) hear(utterance);
    const isOverdue = clock === undefined ? ++groups % 1_000 === 0 : clock.monotonicMs() > sliceEndsMs;
    if (!isOverdue) continue;
    await turn();
    if (lifetime.isOver) return;
    sliceEndsMs = (clock?.monotonicMs() ?? 0) + SLICE_MS;
  }
}

function clockOf(at: ReturnType<Clock["now"]>, skewMs: number): ReturnType<Clock["now"]> {
  return skewMs === 0 ? at : epochMsOf(at + skewMs);
}
