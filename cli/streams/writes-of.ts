import type { AlertSubject, AlertTracing } from "../../alerts/alert-tracing.ts";
import type { NewestWrites } from "../../collector/ingest/newest-writes.ts";
import type { NewestRounds, RoundOrigin } from "../../collector/pull/newest-rounds.ts";
import { epochMsOf } from "../../core/clock.ts";
import { OPENSTACK_METRICS } from "../../core/metrics/openstack-metrics.ts";
import type { RecordSpan } from "../../core/span.ts";
import type { TraceContext } from "../../core/trace.ts";

export interface NewestOfAll {
  readonly hosts: NewestWrites;
  readonly rounds: NewestRounds;
  /** Of what names none. */
  readonly ownCluster: string;
}

/** A rule that asks what OpenStack says. */
const OF_OPENSTACK = new RegExp(`\\b(?:${Object.keys(OPENSTACK_METRICS).join("|")})_`);

/**
 * What alerts ask of the writes: which was the newest, and to keep what is known of it. Whose write it is, an alert's labels say: those of
 * a target name it, and a host its agent, or a target that speaks for it; of what OpenStack says, the host is one that OpenStack speaks of, and not who spoke.
 */
export function writesOf({ hosts, rounds, ownCluster }: NewestOfAll, record: RecordSpan): AlertTracing["writes"] {
  const clusterOf = ({ labels }: AlertSubject): string => labels.cluster ?? ownCluster;
  return {
    newestOf: (subject) => {
      const origin = originOf(subject, clusterOf(subject));
      if (origin !== undefined) return rounds.newestOf(origin);
      const [cluster, { host }] = [clusterOf(subject), subject.labels];
      if (!isNamed(host)) return undefined;
      return hosts.newestOf(cluster, host)?.trace ?? rounds.newestOf({ cluster, host });
    },
    taken: (subject, trace) => {
      const cluster = clusterOf(subject);
      const origin = originOf(subject, cluster);
      const { host } = subject.labels;
      if (origin !== undefined) rounds.tell(origin, trace, record);
      else if (isNamed(host)) {
        tellWrite(hosts, { cluster, host, trace }, record);
        rounds.tell({ cluster, host }, trace, record);
      }
    },
  };
}

function originOf({ labels, expr }: AlertSubject, cluster: string): RoundOrigin | undefined {
  const { job, instance } = labels;
  if (isNamed(job) && isNamed(instance)) return { cluster, job, instance };
  return OF_OPENSTACK.test(expr) ? { cluster } : undefined;
}

function tellWrite(
  hosts: NewestWrites,
  { cluster, host, trace }: { readonly cluster: string; readonly host: string; readonly trace: TraceContext },
  record: RecordSpan,
): void {
  const write = hosts.newestOf(cluster, host);
  if (write === undefined || write.trace.spanId !== trace.spanId) return;
  const { lines, bytes, durationMs } = write;
  record({
    ...trace,
    ...{ parentSpanId: undefined, kind: "write", name: "samples durable", outcome: "ok" },
    ...{ startedAt: epochMsOf(write.at), durationMs },
    attributes: { host, cluster, lines, bytes, kept_because: "alert" },
  });
}

const isNamed = (label: string | undefined): label is string => label !== undefined && label !== "";
