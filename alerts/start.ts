import type { Clock, EpochMs } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import type { StateStore } from "../store/state-store.ts";
import type { Incident } from "../web/api/alerts.ts";
import type { PrometheusAlert, PrometheusRuleGroup } from "../web/api/prometheus.ts";
import { type AlertTracing, NO_TRACING } from "./alert-tracing.ts";
import type { ElementExists } from "./element-of.ts";
import { Engine } from "./engine.ts";
import type { GroupLoop } from "./group-loop.ts";
import { acknowledge, expiredIncidents, type IncidentFilter, listIncidents } from "./incidents.ts";
import { Ledger } from "./ledger.ts";
import type { CourierStatus } from "./notify/courier.ts";
import { startOutbox } from "./notify/outbox.ts";
import type { Receiver } from "./notify/receiver.ts";
import { alertsJson, rulesJson } from "./prometheus-json.ts";
import type { QueryEngine } from "./query-engine.ts";
import { RulesInForce, type RulesStatus } from "./rules-in-force.ts";
import { every, type Timers } from "./timers.ts";

export interface AlertsOptions {
  readonly rulesPath: string;
  /** Of groups that name none. */
  readonly intervalMs: number;
  /** Where people open the page; `$externalURL` of templates. */
  readonly publicUrl: string | undefined;
  readonly stateStore: StateStore;
  readonly queryEngine: QueryEngine;
  readonly elementExists: ElementExists;
  /** None: incidents are shown on the page only. */
  readonly receivers: readonly Receiver[];
  readonly clock: Clock;
  readonly timers: Timers;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly tracing?: AlertTracing | undefined;
}

export interface Alerts {
  incidents(filter?: IncidentFilter): readonly Incident[];
  /** Durable when it returns. Errors: `incident.unknown`, `incident.resolved`, those of the store. */
  acknowledge(id: string, by: { readonly who: string; readonly traceId: string }): Incident;
  /** The groups of Prometheus' `/api/v1/rules`. */
  rulesJson(): readonly PrometheusRuleGroup[];
  /** The alerts of Prometheus' `/api/v1/alerts`. */
  alertsJson(): readonly PrometheusAlert[];
  /** Reads the rule file again. With problems in it, the rules before stay in force. */
  reload(): Promise<AlertsStatus>;
  status(): AlertsStatus;
  /** Called after every durable change; the function returned ends that. */
  onChange(listener: () => void): () => void;
}

export interface AlertsStatus {
  readonly rules: RulesStatus;
  readonly groups: readonly GroupStatus[];
  readonly receivers: readonly CourierStatus[];
}

export interface GroupStatus {
  readonly name: string;
  readonly lastEvaluationAt: EpochMs | undefined;
  readonly missedSlots: number;
  /** Why the last round could not be recorded. */
  readonly commitError: string | undefined;
  readonly failingRules: readonly { readonly rule: string; readonly error: string }[];
}

/** How often the rule file is looked at. */
const WATCH_MS = 5_000;
const TIDY_MS = 3_600_000;

/**
 * Starts evaluating and notifying; ends with the lifetime. What was going on goes on: pending and firing alerts and
 * waiting messages are read from the state store. Errors: `rules.invalid`, `store.damaged`, `store.full`.
 */
export async function startAlerts(options: AlertsOptions, lifetime: Lifetime): Promise<Alerts> {
  const { clock, timers, publicUrl, intervalMs } = options;
  const ledger = new Ledger(options.stateStore);
  const tracing = options.tracing ?? NO_TRACING;
  const receivers = options.receivers.map(({ name }) => name);
  const engine = new Engine({
    ...options,
    ledger,
    tracing,
    receivers,
    defaultIntervalMs: intervalMs,
    externalUrl: publicUrl ?? "",
  });
  const rules = new RulesInForce(options.rulesPath, { ...options, engine });
  await rules.start();
  const outbox = startOutbox(options.receivers, { ...options, ledger, tracing });
  const watching = every(timers, WATCH_MS, () => rules.reloadIfChanged());
  const tidying = every(timers, TIDY_MS, async () => tidy(ledger, options));
  lifetime.defer("alerts", async () => {
    await Promise.all([watching.stop(), tidying.stop()]);
    await rules.stop();
    await outbox.stop();
  });
  const status = () => ({ rules: rules.status, groups: engine.loops.map(groupStatus), receivers: outbox.status() });
  return {
    incidents: (filter) => listIncidents(ledger, filter),
    acknowledge: (id, by) => {
      const incident = acknowledge(ledger, id, { ...by, at: clock.now() });
      options.log.info(
        { trace_id: by.traceId, incident: id, who: by.who, fired_trace_id: incident.trace_id },
        "incident acknowledged",
      );
      return incident;
    },
    rulesJson: () => rulesJson(engine, ledger),
    alertsJson: () => alertsJson(ledger),
    reload: async () => {
      await rules.reload();
      return status();
    },
    status,
    onChange: (listener) => ledger.onCommit(listener),
  };
}

function groupStatus(loop: GroupLoop): GroupStatus {
  const failingRules = loop.group.rules.flatMap(({ id, name }) => {
    const { lastError } = loop.healthOf(id);
    return lastError === undefined ? [] : [{ rule: name, error: lastError }];
  });
  const { lastSlot, missedSlots, commitError } = loop.status;
  return { name: loop.group.name, lastEvaluationAt: lastSlot, missedSlots, commitError, failingRules };
}

function tidy(ledger: Ledger, { clock, log }: Pick<AlertsOptions, "clock" | "log">): void {
  try {
    ledger.commit(expiredIncidents(ledger, clock.now()));
  } catch (error) {
    // They expire an hour later instead.
    if (!(error instanceof OperatorError)) throw error;
    log.warn({ code: error.code, detail: error.message }, "old incidents not removed");
  }
}
