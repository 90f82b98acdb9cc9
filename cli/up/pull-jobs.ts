import type { PullConfig } from "../../collector/pull/pull.ts";
import type { ClientTls, Credentials, ScrapeJob } from "../../collector/pull/scrape/job.ts";
import type { Secret } from "../../collector/pull/secret.ts";
import type { SnmpAccess, SnmpJob } from "../../collector/pull/snmp/job.ts";
import type { ScrapeSection, SnmpSection } from "../config/pull-schema.ts";
import type { Config } from "../config/schema.ts";
import { readPem } from "../tls.ts";
import { controlPlaneJob } from "./control-plane-jobs.ts";

/** What is pulled, from a checked configuration. Errors: `tls.unreadable`. */
export function pullConfig({
  cluster,
  scrape,
  snmp,
  control_plane,
}: Pick<Config, "cluster" | "scrape" | "snmp" | "control_plane">): PullConfig {
  return {
    scrape: [
      ...scrape.map((section) => scrapeJob(section, cluster)),
      ...control_plane.map((section) => controlPlaneJob(section, cluster)),
    ],
    snmp: snmp.map((section) => snmpJob(section, cluster)),
  };
}

function scrapeJob(section: ScrapeSection, cluster: string): ScrapeJob {
  const { job, tls, targets, labels, files, scheme, path, params } = section;
  return {
    ...{ job, targets, labels, files, scheme, path, params },
    origin: { kind: "page" },
    cluster: section.cluster ?? cluster,
    intervalMs: section.interval_seconds * 1_000,
    timeoutMs: section.timeout_seconds * 1_000,
    honorLabels: section.honor_labels,
    honorTimestamps: section.honor_timestamps,
    names: { include: section.include, exclude: section.exclude },
    limits: {
      bodyBytes: section.max_page_megabytes * 1_000_000,
      samples: section.max_samples,
      labels: section.max_labels,
      labelValueCharacters: section.max_label_value_characters,
      targets: section.max_targets,
    },
    credentials: credentialsOf(section),
    tls: tlsOf(tls, `the scrape job ${job}`),
  };
}

type Access = Pick<ScrapeSection, "basic_auth" | "bearer_token" | "bearer_token_file">;

/** `whose` names the section in errors, which are `tls.unreadable`. */
export function tlsOf(tls: ScrapeSection["tls"], whose: string): ClientTls {
  const pem = (file: string | undefined, key: string) =>
    file === undefined ? undefined : readPem(file, `tls.${key} of ${whose}`);
  return {
    ca: pem(tls.ca_file, "ca_file"),
    cert: pem(tls.cert_file, "cert_file"),
    key: pem(tls.key_file, "key_file"),
    serverName: tls.server_name,
    isUnverified: tls.unverified,
  };
}

export function credentialsOf({ basic_auth, bearer_token, bearer_token_file }: Access): Credentials {
  const token = secretOf(bearer_token, bearer_token_file);
  if (token !== undefined) return { kind: "bearer", token };
  const password = secretOf(basic_auth?.password, basic_auth?.password_file);
  if (basic_auth === undefined || password === undefined) return { kind: "none" };
  return { kind: "basic", username: basic_auth.username, password };
}

function snmpJob(section: SnmpSection, cluster: string): SnmpJob {
  const { job, targets, labels, retries } = section;
  return {
    ...{ job, targets, labels, retries },
    cluster: section.cluster ?? cluster,
    access: snmpAccess(section),
    intervalMs: section.interval_seconds * 1_000,
    timeoutMs: section.timeout_seconds * 1_000,
    requestTimeoutMs: section.request_timeout_seconds * 1_000,
    maxRepetitions: section.max_repetitions,
  };
}

function snmpAccess(section: SnmpSection): SnmpAccess {
  const community = secretOf(section.community, section.community_file);
  if (section.version === "2c" && community !== undefined) return { kind: "v2c", community };
  const auth = secretOf(section.auth_password, section.auth_password_file);
  const privacy = secretOf(section.privacy_password, section.privacy_password_file);
  return {
    kind: "v3",
    user: section.user ?? "",
    auth: auth && { protocol: section.auth_protocol, password: auth },
    privacy: privacy && { protocol: section.privacy_protocol, password: privacy },
  };
}

function secretOf(text: string | undefined, file: string | undefined): Secret | undefined {
  if (file !== undefined) return { kind: "file", path: file };
  return text === undefined ? undefined : { kind: "text", text };
}
