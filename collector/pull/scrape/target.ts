import type { ScrapeJob } from "./job.ts";

/** One page to be read again and again. */
export interface ScrapeTarget {
  readonly job: ScrapeJob;
  readonly url: URL;
  /** `job`, `instance`, `cluster` and what was said of it; none is empty. */
  readonly labels: Readonly<Record<string, string>>;
  /** Tells targets apart. */
  readonly key: string;
}

/** Targets that share labels, as Prometheus' target files say them. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const PARAM = "__param_";

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443", memcached: "11211" };

const isWeb = (scheme: string) => scheme === "http" || scheme === "https";

/** A text says what is wrong with the address. */
export function targetOf(job: ScrapeJob, address: string, group: TargetGroup["labels"]): ScrapeTarget | string {
  const scheme = group.__scheme__ ?? job.scheme;
  // Whoever is asked in his own way is asked in no other.
  if (scheme !== job.scheme && !(isWeb(scheme) && isWeb(job.scheme))) return `__scheme__ is ${scheme}: http or https`;
  const url = URL.parse(`${scheme}://${address}/`);
  if (url === null || url.pathname !== "/" || url.search + url.hash + url.username !== "" || /[/?#@]/.test(address)) {
    return `${JSON.stringify(address)} is not of the form host:port`;
  }
  const port = url.port === "" ? DEFAULT_PORTS[scheme] : url.port;
  url.pathname = group.__metrics_path__ ?? job.path;
  for (const [name, value] of Object.entries(job.params)) url.searchParams.set(name, value);
  for (const [name, value] of Object.entries(group)) {
    if (name.startsWith(PARAM)) url.searchParams.set(name.slice(PARAM.length), value);
  }
  const labels = Object.fromEntries(
    Object.entries({ job: job.job, instance: `${url.hostname}:${port}`, cluster: job.cluster, ...group })
      .filter(([name, value]) => !name.startsWith("__") && value !== "")
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  return { job, url, labels, key: `${url.href} ${JSON.stringify(labels)}` };
}
