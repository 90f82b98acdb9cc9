import type { Consumer } from "../../collector/spool/feed.ts";
import type { Frame } from "../../collector/spool/frame.ts";
import { epochMsOf } from "../../core/clock.ts";
import { escapeKey, escapeMeasurement } from "../../core/line-protocol.ts";
import { type Labels, METRIC_NAME } from "../../core/series.ts";
import type { MetricReader, MetricStore, Sample } from "../../store/metric-store.ts";

const PLACE = { segment: 0, offset: 0 };

/**
 * A store that is written as the collector writes it, through the consumer that delivers the spool to it, and read by its
 * reader. `settle`: makes what was written visible. The label `cluster`, which delivery adds, is taken away again.
 */
export function deliveredStore(
  consumer: Consumer,
  reader: MetricReader,
  settle: () => Promise<void> = async () => {},
): MetricStore {
  return {
    write: async ({ samples }) => {
      const outcome = await consumer.consume([frameOf(samples.map(lineOf).join("\n"))], PLACE);
      if (outcome.kind !== "ok") throw new Error(`not delivered: ${outcome.reason}`);
      await settle();
      return { kind: "ok" };
    },
    select: async (selection) =>
      (await reader.select(selection)).map((series) => ({ ...series, labels: withoutCluster(series.labels) })),
    series: async (selection) => (await reader.series(selection)).map(withoutCluster),
    close: async () => {},
  };
}

export function frameOf(body: string): Frame {
  return {
    receivedAt: epochMsOf(0),
    encoding: "identity",
    precision: "ms",
    cluster: "contract",
    position: PLACE,
    body: Buffer.from(body),
  };
}

function lineOf({ labels: { [METRIC_NAME]: name = "", ...tags }, at, value }: Sample): string {
  const written = Object.entries(tags).map(([key, text]) => `,${escapeKey(key)}=${escapeKey(text)}`);
  return `${escapeMeasurement(name)}${written.join("")} value=${Object.is(value, -0) ? "-0" : value} ${at}`;
}

function withoutCluster({ cluster: _, ...labels }: Labels): Labels {
  return labels;
}
