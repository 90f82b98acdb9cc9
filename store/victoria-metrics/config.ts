import { authorization, bareUrl, invalid } from "../http/endpoint.ts";

/** Where VictoriaMetrics is: a single node, or with a tenant a cluster. */
export interface VictoriaConfig {
  /** The single node, or the cluster's vminsert. */
  readonly url: string;
  /** The cluster's vmselect; `url` when left out, as behind vmauth. */
  readonly select_url?: string | undefined;
  /** `0`, `3:7`: with one, the paths are a cluster's. */
  readonly tenant?: string | undefined;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** A VictoriaConfig that can be used. */
export interface VictoriaTarget {
  /** Without `db`, which would become a label of everything. */
  readonly writeUrl: string;
  /** What `/api/v1/…` is put behind. */
  readonly readUrl: string;
  /** Where a single node tells of itself; a cluster's vminsert cannot tell of its storage nodes. */
  readonly metricsUrl: string | undefined;
  readonly headers: { readonly [name: string]: string };
  /** For people, without secrets. */
  readonly name: string;
}

/** Errors: `config.invalid`. */
export function victoriaTarget(config: VictoriaConfig): VictoriaTarget {
  const url = bareUrl(config.url, "victoria_metrics.url");
  const selectUrl = config.select_url === undefined ? url : bareUrl(config.select_url, "victoria_metrics.select_url");
  const common = { headers: authorization(config, "Bearer") };
  if (config.tenant === undefined) {
    const [writeUrl, metricsUrl] = [`${url}/write?precision=ms`, `${url}/metrics`];
    return { ...common, writeUrl, readUrl: selectUrl, metricsUrl, name: url };
  }
  const { tenant } = config;
  if (!isTenant(tenant)) {
    throw invalid(`victoria_metrics.tenant ${JSON.stringify(tenant)} is no tenant`, "write it as 0, or as 3:7");
  }
  return {
    ...common,
    writeUrl: `${url}/insert/${tenant}/influx/write?precision=ms`,
    readUrl: `${selectUrl}/select/${tenant}/prometheus`,
    metricsUrl: undefined,
    name: `tenant ${tenant} of ${url}`,
  };
}

export function isTenant(text: string): boolean {
  return /^[0-9]{1,10}(:[0-9]{1,10})?$/.test(text);
}
