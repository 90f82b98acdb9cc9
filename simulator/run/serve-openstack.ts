import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Cloud } from "../cloud/cloud.ts";
import type { Chronicle } from "../openstack/chronicle.ts";
import { USUAL_FILL } from "../openstack/fabric.ts";
import { startOpenStack } from "../openstack/server/start.ts";
import { SHORT_NAMES } from "../openstack/view.ts";
import type { OpenStackPlace } from "./options.ts";

export interface ServedCloud {
  readonly cloud: Cloud;
  readonly chronicle: Chronicle;
}

interface ServeDeps extends ServedCloud {
  readonly clock: Clock;
  readonly wallOf: (ms: number) => number;
}

const TOKEN_LIFE_MS = 3_600_000;

/** Gives what to say to whoever started it: where each cluster's Keystone is, and who may sign in. */
export async function serveOpenStack(
  { host, port, release, drift }: OpenStackPlace,
  { cloud, chronicle, clock, wallOf }: ServeDeps,
  lifetime: Lifetime,
): Promise<readonly string[]> {
  const { clusters } = await startOpenStack(
    {
      ...{ cloud, chronicle, clock, wallOf, host, port, names: SHORT_NAMES, fabric: USUAL_FILL },
      ...{ tokenLifeMs: TOKEN_LIFE_MS, behaviour: { release } },
      drift: {
        portsNotOnHost: drift,
        domainsUnknownToNova: drift,
        serversWithoutDomain: drift,
        bindingsFailed: drift,
        hostsUnknownToNova: 0,
      },
    },
    lifetime,
  );
  return clusters.map(({ cluster, authUrl, credentials }) => {
    const { username, password, project, applicationCredential: own } = credentials("reader");
    const name = cloud.clusters[cluster]?.name ?? "the cluster";
    const user = `user ${username} of domain Default, password ${password}, project ${project}`;
    return `OpenStack of ${name}: ${authUrl}  ${user}; application credential ${own.id}, secret ${own.secret}`;
  });
}
