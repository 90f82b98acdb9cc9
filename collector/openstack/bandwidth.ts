import type { Clock, EpochMs } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { evaluateInstant } from "../../promql/evaluate.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { Turns } from "../ingest/turns.ts";
import { paceOf } from "../pull/pace.ts";
import { startRounds } from "../pull/rounds.ts";
import type { Sum } from "./capacity-sums.ts";

/** Bits per second of a host's network cards, by the name its agent has. */
export type HostBandwidth = ReadonlyMap<string, Sum>;

export interface BandwidthOptions {
  readonly source: SeriesSource;
  readonly clusters: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 5 * 60_000;
/** A burst of a minute is no lack of bandwidth, one of five minutes is: links are planned for the busiest five minutes. */
const READING = "5m";
const READINGS = 12;
/** Hosts that told nothing for two readings are not told of. */
const STALE_MS = 2 * EVERY_MS + 60_000;
const ONE_AT_A_TIME = { atOnce: 1, waiting: 1_000, waitMs: 60_000 };

interface Readings {
  /** The newest last. */
  readonly bps: number[];
  total: number;
  at: EpochMs;
}

/** What agents say of the network cards of hosts, kept for an hour. */
export class Bandwidth {
  readonly #options: BandwidthOptions;
  readonly #clusters = new Map<string, Map<string, Readings>>();

  constructor(options: BandwidthOptions) {
    this.#options = options;
  }

  /** `used`: the busiest five minutes of the last hour in the busier direction; `total`: the speed of all cards that are up. */
  of(cluster: string): HostBandwidth {
    const now = this.#options.clock.now();
    const hosts = [...(this.#clusters.get(cluster) ?? [])].filter(([, { at }]) => now - at <= STALE_MS);
    return new Map(hosts.map(([host, { bps, total }]) => [host, { used: Math.max(...bps), total }]));
  }

  /** Errors: those of the store. */
  async read(cluster: string, signal: AbortSignal): Promise<void> {
    const at = this.#options.clock.now();
    const ask = (query: string) => this.#ask(query, at, signal);
    const nics = `{cluster=${JSON.stringify(cluster)},kind="nic"}`;
    const speeds = await ask(`sum by (host) (net_if_speed_bps${nics} > 0 and net_if_up${nics} == 1)`);
    // A card carries as much in as out at the same time.
    const received = await ask(`sum by (host) (8 * rate(net_if_rx_bytes${nics}[${READING}]))`);
    const sent = await ask(`sum by (host) (8 * rate(net_if_tx_bytes${nics}[${READING}]))`);
    const hosts = this.#clusters.get(cluster) ?? new Map<string, Readings>();
    this.#clusters.set(cluster, hosts);
    for (const [host, total] of speeds) {
      const bps = Math.max(received.get(host) ?? 0, sent.get(host) ?? 0);
      const before = hosts.get(host);
      hosts.set(host, { bps: [...(before?.bps ?? []), bps].slice(-READINGS), total, at });
    }
    for (const [host, readings] of hosts) if (at - readings.at > READINGS * EVERY_MS) hosts.delete(host);
  }

  async #ask(query: string, at: EpochMs, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const context = { source: this.#options.source, signal, warn: () => {} };
    const result = await evaluateInstant(query, at, context);
    const samples = result.kind === "vector" ? result.samples : [];
    return new Map(samples.flatMap(({ labels, value }) => (labels.host === undefined ? [] : [[labels.host, value]])));
  }
}

/** Reads it of one cluster after the other, each at its own place in the interval, until the lifetime ends. */
export function startBandwidth(options: BandwidthOptions, lifetime: Lifetime): Bandwidth {
  const bandwidth = new Bandwidth(options);
  const { clusters, clock, log } = options;
  const controller = new AbortController();
  const turns = new Turns(ONE_AT_A_TIME);
  const rounds = clusters.map((cluster) =>
    startRounds({
      pace: paceOf(`bandwidth ${cluster}`, EVERY_MS),
      clock,
      turns,
      run: async () => {
        try {
          await bandwidth.read(cluster, controller.signal);
        } catch (error) {
          if (!controller.signal.aborted)
            log.warn({ cluster, error: messageOf(error) }, "bandwidth of hosts is not known");
        }
      },
      onMissed: () => {},
    }),
  );
  lifetime.defer("bandwidth of hosts", async () => {
    controller.abort();
    await Promise.all(rounds.map((each) => each.stop()));
  });
  return bandwidth;
}
