import { OperatorError } from "../../core/errors.ts";
import { type LabelMatcher, type Labels, METRIC_NAME, matchesAll, type Series } from "../../core/series.ts";
import type { MetricReader, Selection } from "../metric-store.ts";
import { SeriesGatherer } from "../series-gatherer.ts";
import { type InfluxConfig, influxTarget } from "./config.ts";
import { measurementsFor, type WantedColumn, wantedColumns } from "./fields.ts";
import {
  conditionOf,
  type FieldColumn,
  type ReadFrom,
  selectField,
  selectPresence,
  showFieldKeys,
} from "./influxql.ts";
import { type InfluxRows, queryInflux } from "./query.ts";

export interface InfluxReaderLimits {
  /** Samples one selection may read; a larger one is refused. */
  readonly samplesPerSelection: number;
  /** Metrics one selection may name; each is a statement. */
  readonly metricsPerSelection: number;
  readonly timeoutMs: number;
}

const LIMITS: InfluxReaderLimits = { samplesPerSelection: 20_000_000, metricsPerSelection: 5_000, timeoutMs: 30_000 };
const STATEMENTS_PER_REQUEST = 50;

/**
 * Reads samples back in InfluxQL, which InfluxDB 1.x, 2.x and 3 speak. A boolean is 1 or 0, a text is no sample; of a
 * field that has had several types, InfluxDB tells those it can make one of.
 * Errors of its methods: `store.unreachable`, `store.timeout`, `store.refused`, `store.unreadable`, `query.too_large`.
 */
export function createInfluxReader(config: InfluxConfig, limits: Partial<InfluxReaderLimits> = {}): MetricReader {
  const target = influxTarget(config);
  const { samplesPerSelection, metricsPerSelection, timeoutMs } = { ...LIMITS, ...limits };
  const from: ReadFrom = { retentionPolicy: target.retentionPolicy, knowsAbsentTags: config.version === "1" };

  const columnsOf = async ({ matchers, signal }: Selection): Promise<readonly WantedColumn[]> => {
    const fields: (FieldColumn & { readonly type: string })[] = [];
    const statements = showFieldKeys(measurementsFor(matchers));
    await queryInflux(target, { statements, timeoutMs, signal }, ({ name, rows }) => {
      for (const [field, type] of rows) fields.push({ measurement: name, field: String(field), type: String(type) });
    });
    const wanted = wantedColumns(fields, matchers);
    if (wanted.length > metricsPerSelection) throw tooManyMetrics(metricsPerSelection);
    return wanted;
  };

  const read = async (
    selection: Selection,
    statementOf: (column: FieldColumn, condition: string, where: ReadFrom) => string,
  ): Promise<readonly Series[]> => {
    const { matchers, signal } = selection;
    const columns = await columnsOf(selection);
    const condition = conditionOf(matchers.filter(isOfTag), selection, from);
    const gatherer = new SeriesGatherer(samplesPerSelection, "last");
    for (let first = 0; first < columns.length; first += STATEMENTS_PER_REQUEST) {
      const part = columns.slice(first, first + STATEMENTS_PER_REQUEST);
      const statements = part.map((column) => statementOf(column, condition, from)).join("; ");
      await queryInflux(target, { statements, timeoutMs, signal }, (rows) => {
        const labels = { ...rows.tags, [METRIC_NAME]: part[rows.statement]?.metric ?? "" };
        if (matchesAll(labels, matchers)) addRows(gatherer, labels, rows);
      });
    }
    return gatherer.finish();
  };

  return {
    select: (selection) => read(selection, selectField),
    series: async (selection) => (await read(selection, selectPresence)).map(({ labels }) => labels),
  };
}

function isOfTag({ name }: LabelMatcher): boolean {
  return name !== METRIC_NAME;
}

function addRows(gatherer: SeriesGatherer, labels: Labels, { rows }: InfluxRows): void {
  const add = gatherer.seriesOf(labels);
  for (const [at, value] of rows) {
    if (typeof at !== "number") continue;
    if (typeof value === "number") add(at, value);
    else if (typeof value === "boolean") add(at, value ? 1 : 0);
  }
}

function tooManyMetrics(limit: number): OperatorError {
  return new OperatorError({
    code: "query.too_large",
    message: `the selection names more than ${limit} metrics`,
    hint: "name the metric",
    status: 422,
  });
}
