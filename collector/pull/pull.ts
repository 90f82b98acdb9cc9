import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { Turns } from "../ingest/turns.ts";
import type { PartStatus } from "../metrics-status.ts";
import { noPullCounts, type PullCounts } from "./pull-counts.ts";
import { pullStatus } from "./pull-status.ts";
import { createPullWriter, type PullWriteCounts } from "./pull-writer.ts";
import { type PullDeps, type RunningTarget, startTarget } from "./pulled-target.ts";
import { noRoundTracing, type RoundTracing } from "./round-tracing.ts";
import type { ScrapeJob } from "./scrape/job.ts";
import { RunningJob } from "./scrape/scrape-job.ts";
import type { SnmpJob } from "./snmp/job.ts";
import { switchAddress, switchTarget } from "./snmp/snmp-target.ts";
import type { TargetStatus } from "./target-status.ts";

export interface PullConfig {
  readonly scrape: readonly ScrapeJob[];
  readonly snmp: readonly SnmpJob[];
  /** How often files of targets are looked at; the tests have less patience. */
  readonly filesEveryMs?: number | undefined;
}

/** Pages and switches read at once; the others wait for their turn. */
const AT_ONCE = 32;
/** More targets than any collector has, each of which may wait for at most a minute. */
const WAITING = { waiting: 100_000, waitMs: 60_000 };

export interface Pull {
  status(): readonly PartStatus[];
  targets(): readonly TargetStatus[];
  counts(): { readonly [Kind in TargetStatus["kind"]]: Readonly<PullCounts> & Readonly<PullWriteCounts> };
}

interface PullParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Where lines are written; see `createPullWriter`. */
  readonly bodies: Parameters<typeof createPullWriter>[0];
  readonly tracing?: RoundTracing | undefined;
}

/** Reads pages and switches at their intervals until the lifetime ends, and writes what they say. */
export async function startPull(config: PullConfig, parts: PullParts, lifetime: Lifetime): Promise<Pull> {
  const { clock, log, bodies, tracing = noRoundTracing() } = parts;
  const depsOf = (): PullDeps => ({
    clock,
    log,
    tracing,
    counts: noPullCounts(),
    writer: createPullWriter(bodies),
    turns: new Turns({ atOnce: AT_ONCE, ...WAITING }),
  });
  const [scrapeDeps, snmpDeps] = [depsOf(), depsOf()];
  const jobs = config.scrape.map((job) => new RunningJob(job, scrapeDeps, config.filesEveryMs));
  lifetime.defer("scraping", async () => {
    await Promise.all(jobs.map((job) => job.stop()));
  });
  await Promise.all(jobs.map((job) => job.start()));
  const switches = startSwitches(config.snmp, snmpDeps, lifetime);
  const scraped = () => jobs.flatMap((job) => job.statuses());
  const asked = () => switches.map((target) => target.status());
  return {
    status: () => [
      pullStatus(
        "scrape",
        scraped(),
        jobs.flatMap((job) => job.problems()),
      ),
      pullStatus("snmp", asked(), []),
    ],
    targets: () => [...scraped(), ...asked()],
    counts: () => ({
      scrape: { ...scrapeDeps.counts, ...scrapeDeps.writer.counts },
      snmp: { ...snmpDeps.counts, ...snmpDeps.writer.counts },
    }),
  };
}

function startSwitches(jobs: readonly SnmpJob[], deps: PullDeps, lifetime: Lifetime): readonly RunningTarget[] {
  const running = jobs.flatMap((job) =>
    job.targets.flatMap((text) => {
      const address = switchAddress(text);
      // Whoever reads the configuration refuses it before.
      if (address === undefined) throw new RangeError(`${text} is no address of a switch`);
      return startTarget(switchTarget(address, job), deps);
    }),
  );
  lifetime.defer("asking switches", async () => {
    await Promise.all(running.map((target) => target.stop(false)));
  });
  return running;
}
