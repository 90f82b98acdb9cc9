import { KEPT_NAMES } from "../../collector/pull/control-plane/kept-names.ts";
import type { PageOrigin } from "../../collector/pull/control-plane/page-origin.ts";
import type { ScrapeJob } from "../../collector/pull/scrape/job.ts";
import type { ControlPlaneKind, ControlPlaneSection } from "../config/control-plane-schema.ts";
import { credentialsOf, tlsOf } from "./pull-jobs.ts";

interface Preset {
  readonly path: string;
  readonly port: number;
  readonly names: readonly string[];
}

/** What a user need not say of each kind. */
const PRESETS: Readonly<Record<ControlPlaneKind, Preset>> = {
  rabbitmq: { path: "/metrics", port: 15_692, names: KEPT_NAMES.rabbitmq },
  "rabbitmq-management": { path: "/api", port: 15_672, names: KEPT_NAMES.rabbitmq },
  mysql: { path: "/metrics", port: 9_104, names: KEPT_NAMES.mysql },
  memcached: { path: "/stats", port: 11_211, names: KEPT_NAMES.memcached },
  haproxy: { path: "/metrics", port: 8_405, names: KEPT_NAMES.haproxy },
};

/** Pages and replies of these are small but for queues, of which a broker may have tens of thousands. */
const LIMITS = { bodyBytes: 64_000_000, samples: 100_000, labels: 60, labelValueCharacters: 2_048, targets: 1_000 };

/** A service of the control plane as what is scraped: the right path, what is kept, and how its answer becomes a page. */
export function controlPlaneJob(section: ControlPlaneSection, cluster: string): ScrapeJob {
  const { kind, labels, files } = section;
  const preset = PRESETS[kind];
  return {
    ...{ labels, files, job: jobOf(kind) },
    targets: section.targets.map((target) => withPort(target, preset.port)),
    cluster: section.cluster ?? cluster,
    origin: originOf(section),
    scheme: kind === "memcached" ? "memcached" : section.scheme,
    path: section.path ?? preset.path,
    params: {},
    intervalMs: section.interval_seconds * 1_000,
    timeoutMs: section.timeout_seconds * 1_000,
    honorLabels: false,
    honorTimestamps: false,
    names: { include: [...preset.names, ...section.include], exclude: section.exclude },
    limits: LIMITS,
    credentials: credentialsOf(section),
    tls: tlsOf(section.tls, `control_plane of kind ${kind}`),
  };
}

/** One broker by both ways has one name: rules mean either. */
function jobOf(kind: ControlPlaneKind): string {
  return kind === "rabbitmq-management" ? "rabbitmq" : kind;
}

function originOf({ kind, queues }: ControlPlaneSection): PageOrigin {
  switch (kind) {
    case "rabbitmq":
    case "rabbitmq-management":
      return { kind, queues };
    case "memcached":
      return { kind };
    case "mysql":
    case "haproxy":
      return { kind: "page" };
  }
}

function withPort(target: string, port: number): string {
  return /:[0-9]+$/.test(target) ? target : `${target}:${port}`;
}
