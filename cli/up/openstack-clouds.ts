import { hostname } from "node:os";
import type { CloudSource, Credentials } from "../../collector/openstack/cloud-source.ts";
import { readCloud } from "../../collector/openstack/clouds-file.ts";
import {
  NOTIFICATION_LIMITS,
  type NotificationSource,
} from "../../collector/openstack/notifications/broker-options.ts";
import type { Secret } from "../../collector/pull/secret.ts";
import type { OpenStackSection } from "../config/openstack-schema.ts";
import type { Config } from "../config/schema.ts";
import { readPem } from "../tls.ts";

/** The clouds that are asked, from a checked configuration. Errors: `tls.unreadable`, `openstack.clouds_file`. */
export function openStackClouds({ openstack }: Pick<Config, "openstack">): readonly CloudSource[] {
  return openstack.map((section) => {
    const { cluster } = section;
    const { caFile, ...access } = accessOf(section);
    return {
      cluster,
      ...access,
      ca: caFile === undefined ? undefined : readPem(caFile, `ca_file of openstack ${cluster}`),
      fullEveryMs: section.full_interval_seconds * 1_000,
      pollEveryMs: section.poll_interval_seconds * 1_000,
      limits: {
        inFlight: section.requests_at_once,
        perSecond: section.requests_per_second,
        requestMs: section.request_timeout_seconds * 1_000,
        roundMs: section.round_timeout_seconds * 1_000,
        bodyBytes: section.max_answer_megabytes * 1_000_000,
        objects: section.max_objects,
      },
      notifications: notificationsOf(section),
    };
  });
}

/** Where Keystone is and who signs in. Regions, interface and authority of a `clouds.yaml` are those of the start. */
function accessOf(section: OpenStackSection) {
  const { clouds_file: path, cloud, regions, ca_file: caFile } = section;
  if (path === undefined || cloud === undefined) {
    const authUrl = section.auth_url ?? "";
    return { authUrl, credentials: credentialsOf(section), regions, interface: section.interface, caFile };
  }
  const file = readCloud(path, cloud);
  return {
    ...{ authUrl: file.authUrl, credentials: file.credentials, cloudsFile: { path, cloud } },
    regions: regions.length > 0 ? regions : file.regions,
    interface: file.interface ?? section.interface,
    caFile: caFile ?? file.caFile,
  };
}

function notificationsOf({ cluster, notifications }: OpenStackSection): NotificationSource | undefined {
  if (notifications === undefined) return undefined;
  const { brokers, vhost, user, password, password_file, ca_file, exchanges, topics } = notifications;
  const [isTls] = brokers.map((broker) => broker.startsWith("amqps:"));
  const whose = `notifications.ca_file of openstack ${cluster}`;
  return {
    cluster,
    brokers: brokers.map((broker) => new URL(broker).host),
    ...{ vhost, username: user, password: secretOf(password, password_file), exchanges, topics },
    tls: isTls ? { ca: ca_file === undefined ? undefined : readPem(ca_file, whose), isUnverified: false } : undefined,
    // Of two collectors, each has a queue of its own.
    queue: notifications.queue ?? `nephoscope.${hostname()}.${cluster}`,
    limits: NOTIFICATION_LIMITS,
  };
}

function credentialsOf(section: OpenStackSection): Credentials {
  const { application_credential_id: id } = section;
  if (id !== undefined) {
    const { application_credential_secret, application_credential_secret_file } = section;
    const secret = secretOf(application_credential_secret, application_credential_secret_file);
    return { kind: "application_credential", id, secret };
  }
  return {
    kind: "password",
    user: section.user ?? "",
    userDomain: section.user_domain,
    project: section.project ?? "",
    projectDomain: section.project_domain,
    password: secretOf(section.password, section.password_file),
  };
}

function secretOf(text: string | undefined, file: string | undefined): Secret {
  return file !== undefined ? { kind: "file", path: file } : { kind: "text", text: text ?? "" };
}
