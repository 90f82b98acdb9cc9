import { setInterval } from "node:timers";
import type { AlertTracing } from "../../alerts/alert-tracing.ts";
import type { MessageTracing } from "../../collector/agents/message-trace.ts";
import { NewestWrites } from "../../collector/ingest/newest-writes.ts";
import type { WriteTracing } from "../../collector/ingest/write-body.ts";
import { NewestRounds } from "../../collector/pull/newest-rounds.ts";
import type { RoundTracing } from "../../collector/pull/round-tracing.ts";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { RecordSpan } from "../../core/span.ts";
import type { TraceScope } from "../../core/trace-scope.ts";
import type { Operation } from "../../store/operation.ts";
import { OperationsLog } from "../../store/operations-log.ts";
import type { StateStore } from "../../store/state-store.ts";
import type { LiveUse } from "../../web/server/live-session.ts";
import { operationJson } from "../../web/server/operations-log-route.ts";
import type { EndedRequest } from "../../web/server/request-trace.ts";
import type { Config } from "../config/schema.ts";
import { analysedFigures } from "../streams/analysed-figures.ts";
import { createAnalysis } from "../streams/analysis.ts";
import { createBehaviour } from "../streams/behaviour.ts";
import { openStreams, type Streams } from "../streams/open-streams.ts";
import { requestSpan } from "../streams/request-span.ts";
import { createTracing } from "../streams/tracing.ts";
import { writesOf } from "../streams/writes-of.ts";
import type { OwnReadings } from "./own-readings.ts";

const MINUTE_MS = 60_000;
const TIDY_MS = 3_600_000;

/** What each part is handed, so that its work can be followed. */
export interface UpStreams {
  readonly traces: TraceScope;
  readonly files: Streams;
  readonly operations: OperationsLog;
  readonly writes: WriteTracing;
  readonly messages: MessageTracing;
  readonly rounds: RoundTracing;
  readonly alerts: AlertTracing;
  readonly recordAgentSpan: RecordSpan;
  readonly onEnded: (request: EndedRequest) => void;
  readonly onLiveUse: (use: LiveUse) => void;
  /** From now on each minute is told of. */
  analyse(read: () => OwnReadings): void;
}

export interface UpStreamsDeps {
  readonly folder: string;
  readonly state: StateStore;
  readonly traces: TraceScope;
  readonly clock: Clock;
  readonly log: Log;
}

/** The four streams of this process, and who writes what into them. */
export function startStreams(config: Config, deps: UpStreamsDeps, lifetime: Lifetime): UpStreams {
  const { folder, state, traces, clock, log } = deps;
  const { stream_megabytes, stream_files, trace_share } = config.log;
  const streams = openStreams(
    { folder, maxBytes: stream_megabytes * 1_000_000, maxFiles: stream_files },
    { clock, log },
    lifetime,
  );
  const tracing = createTracing(streams.tracing, clock, { share: trace_share, random: Math.random });
  const behaviour = createBehaviour(streams.behaviour);
  const analysis = createAnalysis(streams.analysis);
  const onWritten = (operation: Operation): void => streams.operations.write(operationJson(operation));
  const operations = new OperationsLog(state, { clock, log, onWritten });
  const [newest, newestRounds] = [new NewestWrites(), new NewestRounds()];
  const newestOfAll = { hosts: newest, rounds: newestRounds, ownCluster: config.cluster };
  keepTidy(operations, log, lifetime);
  return {
    traces,
    files: streams,
    operations,
    writes: { traces, newest },
    messages: { traces, recordSpan: tracing.recordBounded },
    rounds: { traces, recordSpan: tracing.recordBounded, newest: newestRounds },
    alerts: { traces, recordSpan: tracing.record, writes: writesOf(newestOfAll, tracing.record) },
    recordAgentSpan: tracing.record,
    onEnded: (request) => {
      analysis.note(request);
      behaviour.note(request);
      const { isSampled } = request.trace;
      tracing.recordRequest(requestSpan(request, clock.now()), { ...request, isSampled });
    },
    onLiveUse: behaviour.noteLive,
    analyse: (read) => {
      const endMinute = (): void => {
        behaviour.endMinute();
        const figures = analysedFigures(read());
        analysis.endMinute({ ...figures, totals: { ...figures.totals, tracing_left_out: tracing.leftOut } });
      };
      const timer = setInterval(endMinute, MINUTE_MS).unref();
      lifetime.defer("analysis", () => {
        clearInterval(timer);
        behaviour.endMinute();
      });
    },
  };
}

function keepTidy(operations: OperationsLog, log: Log, lifetime: Lifetime): void {
  let running: Promise<void> = Promise.resolve();
  const tidy = (): void => {
    running = operations.tidy().catch((error: unknown) => log.warn({ err: error }, "old operations not removed"));
  };
  const timer = setInterval(tidy, TIDY_MS).unref();
  lifetime.defer("old operations", async () => {
    clearInterval(timer);
    await running;
  });
}
