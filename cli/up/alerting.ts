import { join } from "node:path";
import type { AlertTracing } from "../../alerts/alert-tracing.ts";
import { createCustomBot } from "../../alerts/notify/feishu/custom-bot.ts";
import type { Receiver } from "../../alerts/notify/receiver.ts";
import { createPromqlEngine } from "../../alerts/promql-engine.ts";
import { type Alerts, startAlerts } from "../../alerts/start.ts";
import { systemTimers } from "../../alerts/timers.ts";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { MetricReader } from "../../store/metric-store.ts";
import type { StateStore } from "../../store/state-store.ts";
import type { Recorders } from "../../topology/recorders.ts";
import type { StatusResponse } from "../../web/api/status.ts";
import type { Config } from "../config/schema.ts";

const DEFAULT_RULES = join(import.meta.dirname, "../../alerts/default-rules.yaml");

export interface AlertingParts {
  readonly state: StateStore;
  readonly metrics: MetricReader;
  readonly recorders: Recorders;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing?: AlertTracing | undefined;
}

/** The alert engine over the metric head, with the receivers of the configuration. */
export function startAlerting(config: Config, parts: AlertingParts, lifetime: Lifetime): Promise<Alerts> {
  const { clock, log, publicUrl, recorders } = parts;
  return startAlerts(
    {
      rulesPath: config.alerts.rules ?? DEFAULT_RULES,
      intervalMs: config.alerts.interval_seconds * 1_000,
      publicUrl,
      stateStore: parts.state,
      queryEngine: createPromqlEngine(parts.metrics),
      elementExists: (cluster, id) => {
        const recorder = cluster === undefined ? undefined : recorders.get(cluster);
        return recorder === undefined || recorder.revision() === 0 ? undefined : recorder.graph.get(id) !== undefined;
      },
      receivers: receiversOf(config, parts),
      clock,
      timers: systemTimers,
      random: Math.random,
      log: log.child({ part: "alerts" }),
      tracing: parts.tracing,
    },
    lifetime,
  );
}

function receiversOf({ feishu }: Config, { clock, publicUrl }: AlertingParts): readonly Receiver[] {
  if (feishu?.webhook === undefined) return [];
  const { webhook, secret, language } = feishu;
  return [
    createCustomBot({ name: "feishu", webhookUrl: webhook, secret, language, publicUrl, clock, timers: systemTimers }),
  ];
}

/** How well the alert engine and its receivers are. */
export function alertingStatus(alerts: Alerts): StatusResponse["parts"] {
  const { rules, groups, receivers } = alerts.status();
  const failing = groups.flatMap((group) => group.failingRules);
  const unrecorded = groups.find(({ commitError }) => commitError !== undefined)?.commitError;
  const engine = engineStatus(rules.problems, failing, unrecorded, groups.length);
  if (receivers.length === 0) {
    const detail = "not configured: incidents are shown on the page only";
    return [engine, { name: "feishu", state: "off", detail }];
  }
  const bots = receivers.map(({ receiver, state, waiting, lastError, hint }) => ({
    name: receiver,
    state,
    detail: lastError === undefined ? `${waiting} messages waiting` : `${lastError}; ${waiting} messages waiting`,
    ...(hint === undefined ? {} : { hint }),
  }));
  return [engine, ...bots];
}

function engineStatus(
  problems: readonly string[],
  failing: readonly { readonly rule: string; readonly error: string }[],
  unrecorded: string | undefined,
  groups: number,
): StatusResponse["parts"][number] {
  const name = "alert rules";
  const [problem] = problems;
  if (problem !== undefined) {
    return { name, state: "degraded", detail: problem, hint: "the rules before stay in force until the file is right" };
  }
  if (unrecorded !== undefined) {
    return { name, state: "down", detail: unrecorded, hint: "nothing is sent until alert state can be kept" };
  }
  const [first] = failing;
  if (first === undefined) return { name, state: "ok", detail: groups === 1 ? "1 group" : `${groups} groups` };
  return { name, state: "degraded", detail: `${first.rule}: ${first.error}`, hint: "its alerts keep their state" };
}
