import { OperatorError } from "../../core/errors.ts";
import type { LinesOutcome, LineWriter } from "../line-writing/line-writer.ts";
import type { InfluxConfig, InfluxTarget } from "./config.ts";
import { identifier } from "./influxql.ts";
import { queryInflux } from "./query.ts";

/** How many days of what is kept. A coarse policy has the mean and the last value of each minute or hour. */
export type InfluxRetention = NonNullable<InfluxConfig["retention"]>;

const TIMEOUT_MS = 10_000;
/** Lines that waited in the spool arrive late; what is later than this is in the raw policy only. */
const LATE = "30m";

interface CoarsePolicy {
  readonly suffix: string;
  readonly step: string;
  readonly days: number;
}

/**
 * A writer that, before its first lines, makes retention policies and continuous queries of InfluxDB 1.x as they are asked
 * for: `<policy>`, `<policy>_1m`, `<policy>_1h`. A policy is altered when it has another duration; a continuous query that is
 * there is left as it is.
 */
export function withRetention(writer: LineWriter, target: InfluxTarget, retention: InfluxRetention): LineWriter {
  let isMade = false;
  return {
    ...writer,
    write: async (lines) => {
      if (!isMade) {
        const trouble = await makeAll(target, retention).then(() => undefined, outcomeOf);
        if (trouble !== undefined) return trouble;
        isMade = true;
      }
      return writer.write(lines);
    },
  };
}

async function makeAll(target: InfluxTarget, retention: InfluxRetention): Promise<void> {
  const raw = target.retentionPolicy ?? "";
  const coarse: readonly CoarsePolicy[] = [
    ...(retention.minute_days === undefined ? [] : [{ suffix: "_1m", step: "1m", days: retention.minute_days }]),
    ...(retention.hour_days === undefined ? [] : [{ suffix: "_1h", step: "1h", days: retention.hour_days }]),
  ];
  const durations = await policiesOf(target);
  for (const { suffix, days } of [{ suffix: "", days: retention.raw_days }, ...coarse]) {
    const name = `${raw}${suffix}`;
    const hours = Math.max(1, Math.round(days * 24));
    if (durations.get(name) === hours) continue;
    const verb = durations.has(name) ? "ALTER" : "CREATE";
    const replication = durations.has(name) ? "" : " REPLICATION 1";
    await run(
      target,
      `${verb} RETENTION POLICY ${identifier(name)} ON ${identifier(target.database)} DURATION ${hours}h${replication}`,
    );
  }
  const queries = await continuousQueriesOf(target);
  for (const { suffix, step } of coarse) {
    const name = `${raw}${suffix}`;
    if (!queries.has(name)) await run(target, continuousQuery({ name, step, raw, database: target.database }));
  }
}

function continuousQuery({ name, step, raw, database }: { name: string; step: string; raw: string; database: string }) {
  const [on, from, into] = [identifier(database), identifier(raw), identifier(name)];
  return (
    `CREATE CONTINUOUS QUERY ${into} ON ${on} RESAMPLE FOR ${step === "1h" ? "2h" : LATE} BEGIN SELECT mean(*), last(*) ` +
    `INTO ${on}.${into}.:MEASUREMENT FROM ${on}.${from}./.*/ GROUP BY time(${step}), * END`
  );
}

/** Hours of each policy; 0 keeps everything. */
async function policiesOf(target: InfluxTarget): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  await ask(target, `SHOW RETENTION POLICIES ON ${identifier(target.database)}`, (_, [name, duration]) => {
    found.set(String(name), Number(/^(\d+)h/.exec(String(duration))?.[1] ?? 0));
  });
  return found;
}

/** Of the database, which the answer names each list by. */
async function continuousQueriesOf(target: InfluxTarget): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  await ask(target, "SHOW CONTINUOUS QUERIES", (database, [name]) => {
    if (database === target.database) found.add(String(name));
  });
  return found;
}

async function run(target: InfluxTarget, statement: string): Promise<void> {
  await ask(target, statement, () => {});
}

async function ask(
  target: InfluxTarget,
  statements: string,
  take: (name: string, row: readonly unknown[]) => void,
): Promise<void> {
  await queryInflux(
    { ...target, retentionPolicy: undefined },
    { statements, timeoutMs: TIMEOUT_MS },
    ({ name, rows }) => {
      for (const row of rows) take(name, row);
    },
  );
}

/** As the writer tells what hinders it. */
function outcomeOf(error: unknown): LinesOutcome {
  if (!(error instanceof OperatorError)) throw error;
  const { code, message: reason, hint } = error;
  if (code === "store.unreachable" || code === "store.timeout") return { kind: "retry", afterMs: undefined, reason };
  return { kind: "hold", reason, hint };
}
