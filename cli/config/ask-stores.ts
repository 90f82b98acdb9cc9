import { systemClock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { METRIC_NAME } from "../../core/series.ts";
import { createInfluxReader } from "../../store/influxdb/reader.ts";
import type { MetricReader } from "../../store/metric-store.ts";
import { createVictoriaReader } from "../../store/victoria-metrics/reader.ts";
import type { Config } from "./schema.ts";

const TIMEOUT_MS = 10_000;

/** What a long store says of a question nobody needs the answer of; undefined when it answers. */
export interface StoreAnswer {
  readonly store: string;
  readonly problem: OperatorError | undefined;
}

/** Asks each long store of the configuration: only asking tells whether credentials and mappings are right. */
export async function askStores({ influxdb, victoria_metrics }: Config): Promise<readonly StoreAnswer[]> {
  const limits = { timeoutMs: TIMEOUT_MS };
  const answers: StoreAnswer[] = [];
  if (influxdb !== undefined) answers.push(await asked("influxdb", createInfluxReader(influxdb, limits)));
  if (victoria_metrics !== undefined) {
    answers.push(await asked("victoria_metrics", createVictoriaReader(victoria_metrics, limits)));
  }
  return answers;
}

async function asked(store: string, reader: MetricReader): Promise<StoreAnswer> {
  const now = systemClock.now();
  const matchers = [{ kind: "=", name: METRIC_NAME, value: "nephoscope_check" } as const];
  try {
    await reader.series({ matchers, from: now, to: now });
    return { store, problem: undefined };
  } catch (problem) {
    if (!(problem instanceof OperatorError)) throw problem;
    return { store, problem };
  }
}
