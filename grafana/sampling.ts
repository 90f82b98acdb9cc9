import type { Shown } from "./exported-metrics.ts";
import type { PanelSpec, SeriesQuery } from "./panel.ts";

/** Seconds between two samples, as set by default: of agents and of the collector. */
const USUAL_SECONDS = 10;
/** Of exporters (`control_plane`, `scrape`). */
const EXPORTER_SECONDS = 15;
/** Of OpenStack's figures, of where hosts stand, and of switches (`snmp`). */
const SLOW_SECONDS = 60;

const EXPORTED = /^(rabbitmq|mysql|memcached|haproxy)_|^up$/;
const SLOW = /^(os_|switch|cloud_host$)/;

/** Seconds between two samples of a measurement. */
export function samplingSeconds(measurement: Shown): number {
  if (SLOW.test(measurement)) return SLOW_SECONDS;
  return EXPORTED.test(measurement) ? EXPORTER_SECONDS : USUAL_SECONDS;
}

/**
 * The least step of a panel: twice the time between samples, so that every interval holds one, however the sampling drifts. In a shorter one
 * a gauge would have gaps between single points, which are not drawn, and a counter no rate (Grafana's `$__rate_interval` is the step and ten seconds).
 */
export function leastStepSeconds({ queries, leastStepSeconds: own = 0 }: Stepped): number {
  return Math.max(own, 2 * USUAL_SECONDS, ...queries.map(({ measurement }) => 2 * samplingSeconds(measurement)));
}

type Stepped = Pick<PanelSpec, "leastStepSeconds"> & { readonly queries: readonly Pick<SeriesQuery, "measurement">[] };
