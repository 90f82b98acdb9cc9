import { conntrackPoint } from "../metrics/conntrack.ts";
import type { KnownNamespace } from "../metrics/interface-probe.ts";
import type { VacantNamespaces } from "../network-node/vacant-namespaces.ts";
import type { Probe, ProbeSession } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";

const FOLDER = "/proc/sys/net/netfilter";
const STAT = "net/stat/nf_conntrack";

/** Namespaces read before other work gets its turn. */
const NAMESPACES_PER_TURN = 50;

/**
 * How full the table is, of the host's own namespace and of every other one, without entering it: /proc/<pid>/net/stat of a
 * process inside has the entries of that namespace. Namespaces that nobody lives in have a point a minute. A namespace
 * that tracks nothing is left out until it has an entry.
 */
export function conntrackProbe(
  proc: ProcReader,
  namespaces: () => readonly KnownNamespace[] | undefined,
  vacant: Pick<VacantNamespaces, "readings">,
): Probe {
  const busy = new Set<string>();
  const told = new Map<string, number>();
  const session: ProbeSession = {
    async sample(at, sink) {
      const max = proc.text(`${FOLDER}/nf_conntrack_max`);
      const point = (netns: string | undefined, count: string | undefined, stat: string | undefined) => {
        const buckets = netns === undefined ? proc.text(`${FOLDER}/nf_conntrack_buckets`) : undefined;
        return conntrackPoint({ netns, count, max, buckets, stat }, at);
      };
      sink(point(undefined, proc.text(`${FOLDER}/nf_conntrack_count`), proc.text("/proc/net/stat/nf_conntrack")));
      const known = namespaces() ?? [];
      let read = 0;
      for (const { name, pid, inode } of known) {
        if (name === undefined) continue;
        const texts = pid === undefined ? vacant.readings.get(name) : undefined;
        if (texts !== undefined && told.get(name) !== texts.at && isBusy(name, texts.conntrackStat)) {
          told.set(name, texts.at);
          sink({ ...point(name, undefined, texts.conntrackStat), at: texts.at });
        }
        if (pid === undefined || proc.link(`/proc/${pid}/ns/net`) !== `net:[${inode}]`) continue;
        const stat = proc.text(`/proc/${pid}/${STAT}`);
        if (stat !== undefined && isBusy(name, stat)) sink(point(name, undefined, stat));
        if (++read % NAMESPACES_PER_TURN === 0) await new Promise(setImmediate);
      }
      const names = new Set(known.map(({ name }) => name));
      for (const name of [...busy, ...told.keys()]) {
        if (names.has(name)) continue;
        busy.delete(name);
        told.delete(name);
      }
    },
  };

  /** Once it has had an entry, it is told that there are none any more. */
  function isBusy(name: string, stat: string): boolean {
    if (/^0*[1-9a-f]/m.test(stat.slice(stat.indexOf("\n") + 1))) busy.add(name);
    return busy.has(name);
  }

  return {
    name: "conntrack",
    detect: async () => (proc.text(`${FOLDER}/nf_conntrack_count`) === undefined ? undefined : session),
  };
}
