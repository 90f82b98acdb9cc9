import type { Clock, EpochMs } from "../../core/clock.ts";
import type { KnownNamespace } from "../metrics/interface-probe.ts";
import type { LineRunner } from "../topology/line-command.ts";
import { NAMED_NAMESPACES_FOLDER } from "../topology/namespace-scan.ts";

const READ_EVERY_MS = 60_000;

/** A namespace costs 2 ms of CPU time; past this many in a round, the others' turn comes a minute later. */
const MAX_IN_A_ROUND = 100;

/** What was read inside of a namespace. */
export interface NamespaceTexts {
  readonly inode: number;
  readonly at: EpochMs;
  /** /proc/net/dev. */
  readonly netDev: string;
  /** /proc/net/stat/nf_conntrack; empty where there is none. */
  readonly conntrackStat: string;
}

/** Namespaces that only their name keeps (routers without metadata proxy, snat, fip): nobody in there whose /proc shows them. */
export interface VacantNamespaces {
  /** Begins to read when it is time; settles when that is done. Nothing happens while a reading is under way. */
  refresh(run: LineRunner): Promise<void>;
  /** The latest of each, by name. Those that went or got inhabitants are no longer in it after the next round. */
  readonly readings: ReadonlyMap<string, NamespaceTexts>;
}

export interface VacantNamespacesDeps {
  readonly namespaces: () => readonly KnownNamespace[] | undefined;
  readonly clock: Clock;
  readonly readEveryMs?: number | undefined;
}

/** Names come on standard input: no limit of arguments is met. One process for each; `:<name>` tells whose lines follow. */
const SCRIPT = `while read -r name; do
  echo ":$name"
  nsenter --net="${NAMED_NAMESPACES_FOLDER}/$name" cat /proc/self/net/dev /proc/self/net/stat/nf_conntrack 2>/dev/null
done
true`;

/** Reads them all with one command each minute, rather than with one process started by the agent for each. */
export function createVacantNamespaces(deps: VacantNamespacesDeps): VacantNamespaces {
  const { namespaces, clock, readEveryMs = READ_EVERY_MS } = deps;
  let readings: ReadonlyMap<string, NamespaceTexts> = new Map();
  let dueMs = 0;
  let isReading = false;

  async function read(vacant: readonly KnownNamespace[], run: LineRunner): Promise<void> {
    // Those that were read longest ago first.
    const inTurn = vacant
      .toSorted((a, b) => (readings.get(a.name ?? "")?.at ?? 0) - (readings.get(b.name ?? "")?.at ?? 0))
      .slice(0, MAX_IN_A_ROUND);
    const texts = new Map<string, string[]>();
    let lines: string[] = [];
    const input = inTurn.map(({ name }) => `${name}\n`).join("");
    await run({ file: "sh", args: ["-c", SCRIPT], input }, (line) => {
      if (!line.startsWith(":")) return void lines.push(line);
      lines = [];
      texts.set(line.slice(1), lines);
    });
    const next = new Map([...readings].filter(([name]) => vacant.some((it) => it.name === name)));
    for (const { name = "", inode } of inTurn) {
      const text = (texts.get(name) ?? []).join("\n");
      // Its header: a name of a device has a colon behind it.
      const statAt = text.search(/^entries /m);
      const [netDev, conntrackStat] = statAt < 0 ? [text, ""] : [text.slice(0, statAt), text.slice(statAt)];
      if (netDev === "") next.delete(name);
      else next.set(name, { inode, at: clock.now(), netDev, conntrackStat });
    }
    readings = next;
  }

  return {
    get readings() {
      return readings;
    },
    async refresh(run) {
      const nowMs = clock.monotonicMs();
      const known = namespaces();
      if (isReading || known === undefined || nowMs < dueMs) return;
      isReading = true;
      dueMs = nowMs + readEveryMs;
      const vacant = known.filter(({ name, pid }) => name !== undefined && pid === undefined && isPlain(name));
      if (vacant.length === 0) readings = new Map();
      else await read(vacant, run);
      isReading = false;
    },
  };
}

function isPlain(name: string): boolean {
  return /^[\w.:@~+-]+$/.test(name) && name !== "." && name !== "..";
}
