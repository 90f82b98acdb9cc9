import type { Clock, EpochMs } from "../core/clock.ts";
import type { Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import { messageOf, OperatorError } from "../core/errors.ts";
import type { HostEvent } from "../core/host-event.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { waitUnlessOver } from "../core/wait.ts";
import type { Contribution, HostView, PointSink, Probe, ProbeContext, ProbeSession } from "./probe.ts";
import { createDefectLog, type DefectLog } from "./probe-defects.ts";

/** A source that is absent, or was lost, is looked for again this often. */
const DETECT_AGAIN_MS = 10_000;
/** After a source was lost: a daemon that is restarted is back within a second or two. */
const FIRST_DETECT_AGAIN_MS = 500;
const TOLD_AGAIN_MS = 60_000;
/** A daemon that is restarted was never away: a source that was lost is named for this long. */
const ABSENT_AFTER_MS = 60_000;

export interface ProbeRunnerDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** What a probe says of the topology changed. */
  readonly changed: () => void;
  readonly report: (event: HostEvent) => void;
  readonly elements: () => ReadonlyMap<ElementId, Element>;
  /** How long a source may take over one sample. */
  readonly sampleDeadlineMs: number;
  readonly detectAgainMs?: number;
  /** For how long a source that was lost is still named. */
  readonly absentAfterMs?: number;
}

export interface ProbeRunner {
  /** Settles when every probe has looked for its source once. */
  readonly ready: Promise<void>;
  /** Asks every source for its metrics, one after the other or at once as they can; settles at the deadline at the latest. */
  sample(at: EpochMs, sink: PointSink): Promise<void>;
  contributions(view: HostView): readonly Contribution[];
  /** Names of the sources that are there, or were a minute ago; sorted. */
  sources(): readonly string[];
}

/** What is known of one probe. */
interface Held {
  readonly probe: Probe;
  /** The last session, which what it said of the topology outlives. */
  session: ProbeSession | undefined;
  present: boolean;
  /** When it was lost; undefined: it is there, or was never. */
  lostMs: number | undefined;
  /** Its metrics are being asked for. */
  busy: boolean;
  late: number;
  failed: number;
  durationMs: number;
  /** What it said of the topology last. */
  contributed: readonly Contribution[];
  /** What was told of it last, and when: what does not change is told once a minute. */
  told: string;
  toldAt: number;
}

/**
 * Looks for the source of each probe, holds its session while it is there, and looks again when it is gone. A probe that fails in a way that nobody
 * foresaw is said to, once for each way, and counted; the host's other sources are told all the same.
 */
export function startProbes(probes: readonly Probe[], deps: ProbeRunnerDeps, lifetime: Lifetime): ProbeRunner {
  const { clock, log, sampleDeadlineMs, absentAfterMs = ABSENT_AFTER_MS } = deps;
  const held = probes.map(
    (probe): Held => ({
      probe,
      session: undefined,
      present: false,
      lostMs: undefined,
      busy: false,
      late: 0,
      failed: 0,
      durationMs: 0,
      contributed: [],
      told: "",
      toldAt: 0,
    }),
  );
  const defects = createDefectLog(log);
  const first = held.map((it) => followed(it, { ...deps, defects }, lifetime));

  async function sampleOne(it: Held, at: EpochMs, sink: PointSink, deadline: Promise<unknown>): Promise<void> {
    const sample = it.present ? it.session?.sample?.bind(it.session) : undefined;
    if (sample === undefined) return;
    if (it.busy) {
      it.late++;
      return;
    }
    const startedMs = clock.monotonicMs();
    let isOpen = true;
    it.busy = true;
    const run = async () => {
      try {
        await sample(at, (point) => {
          if (isOpen) sink(point);
        });
      } catch (thrown) {
        onFailure(it, thrown);
      } finally {
        it.busy = false;
      }
    };
    await Promise.race([run(), deadline]);
    if (it.busy) it.late++;
    isOpen = false;
    it.durationMs = clock.monotonicMs() - startedMs;
  }

  /** A source that does not answer is expected; anything else is a defect of the probe. */
  function onFailure(it: Held, thrown: unknown): void {
    it.failed++;
    if (thrown instanceof OperatorError) {
      log.debug({ probe: it.probe.name, code: thrown.code, reason: thrown.message }, "sample failed");
    } else {
      defects.say(it.probe.name, thrown);
    }
  }

  function contributed(it: Held, view: HostView): readonly Contribution[] {
    if (it.session?.contribute === undefined) return [];
    try {
      it.contributed = [it.session.contribute(view)];
    } catch (thrown) {
      // What it said before stands.
      onFailure(it, thrown);
    }
    return it.contributed;
  }

  return {
    ready: Promise.all(first).then(() => undefined),
    async sample(at, sink) {
      const over = new AbortController();
      const deadline = waitUnlessOver(sampleDeadlineMs, over.signal);
      const asked: Promise<void>[] = [];
      for (const it of held) {
        asked.push(sampleOne(it, at, sink, deadline));
        // One turn of the event loop for each source: no block is longer than the longest of them.
        await new Promise(setImmediate);
      }
      await Promise.all(asked);
      over.abort();
      for (const it of held) {
        const { present, late, failed } = it;
        const state = `${present} ${late} ${failed}`;
        if (state === it.told && at - it.toldAt < TOLD_AGAIN_MS) continue;
        [it.told, it.toldAt] = [state, at];
        sink(probePoint(it, at));
      }
    },
    contributions: (view) => held.flatMap((it) => contributed(it, view)),
    sources: () => {
      const isThere = ({ present, lostMs }: Held) =>
        present || (lostMs !== undefined && clock.monotonicMs() - lostMs < absentAfterMs);
      return held
        .filter(isThere)
        .map(({ probe }) => probe.name)
        .sort();
    },
  };
}

interface FollowDeps extends ProbeRunnerDeps {
  readonly defects: DefectLog;
}

/** Settles when the probe has looked for its source for the first time; goes on until the lifetime ends. */
function followed(it: Held, deps: FollowDeps, lifetime: Lifetime): Promise<void> {
  const looked = Promise.withResolvers<void>();
  void follow(it, deps, lifetime, looked.resolve);
  return looked.promise;
}

async function follow(it: Held, deps: FollowDeps, lifetime: Lifetime, onLooked: () => void): Promise<void> {
  const { log, defects, detectAgainMs = DETECT_AGAIN_MS } = deps;
  const { probe } = it;
  let refusal: string | undefined;
  let againMs = detectAgainMs;
  while (!lifetime.isOver) {
    const over = new AbortController();
    const stop = () => over.abort();
    lifetime.signal.addEventListener("abort", stop, { once: true });
    const { changed, report, elements } = deps;
    const found = await detected(probe, { signal: over.signal, changed, report, elements }, (thrown) => {
      it.failed++;
      defects.say(probe.name, thrown);
    });
    if (found instanceof OperatorError) {
      if (refusal !== found.message && !lifetime.isOver) {
        const { code, hint, message } = found;
        log.warn({ probe: probe.name, code, reason: message, hint }, "source cannot be read");
      }
      refusal = found.message;
    } else if (found !== undefined) {
      [it.session, it.present, it.lostMs, refusal] = [found, true, undefined, undefined];
      log.debug({ probe: probe.name }, "source found");
      changed();
      onLooked();
      const reason = await Promise.race([found.ended ?? NEVER, abortOf(over.signal)]);
      [it.present, it.lostMs] = [false, deps.clock.monotonicMs()];
      if (!lifetime.isOver) {
        log.info({ probe: probe.name, reason: messageOf(reason) }, "source lost");
        setTimeout(changed, ABSENT_AFTER_MS).unref();
      }
      againMs = Math.min(FIRST_DETECT_AGAIN_MS, detectAgainMs);
    }
    onLooked();
    lifetime.signal.removeEventListener("abort", stop);
    over.abort();
    await waitUnlessOver(againMs, lifetime.signal);
    againMs = Math.min(againMs * 2, detectAgainMs);
  }
}

async function detected(
  probe: Probe,
  context: ProbeContext,
  onDefect: (thrown: unknown) => void,
): Promise<ProbeSession | OperatorError | undefined> {
  try {
    return await probe.detect(context);
  } catch (thrown) {
    if (thrown instanceof OperatorError) return thrown;
    onDefect(thrown);
    return undefined;
  }
}

const NEVER = new Promise<string>(() => {});

function abortOf(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped"), { once: true }));
}

function probePoint({ probe, present, late, failed, durationMs }: Held, at: EpochMs) {
  return {
    measurement: "agent_probe",
    tags: { probe: probe.name },
    fields: {
      present: { int: present ? 1 : 0 },
      late: { int: late },
      failed: { int: failed },
      duration_s: Math.round(durationMs * 100) / 100_000,
    },
    at,
  };
}
