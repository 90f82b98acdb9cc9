import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { ServiceApi } from "./api/service-api.ts";
import { keystoneBase } from "./api/token.ts";
import type { CloudSource } from "./cloud-source.ts";
import { openAccess } from "./cloud-sync.ts";
import { PROBES, PROJECTS, type Probe } from "./probes.ts";

/** What a cloud says to somebody who is about to ask it again and again. */
export interface CloudAnswer {
  readonly cluster: string;
  readonly regions: readonly string[];
  /** Of the user in his project. */
  readonly roles: readonly string[];
  /** Why it cannot be asked at all. */
  readonly problem: OperatorError | undefined;
  readonly missing: readonly { readonly what: string; readonly reason: string; readonly hint: string }[];
}

const SEE_DOCS = "docs/openstack.md says what is needed";

/** Signs in, and asks for a little of each thing. Errors of the cloud are in the answer. */
export async function tryCloud(source: CloudSource, clock: Clock): Promise<CloudAnswer> {
  const { access, http } = openAccess(source, clock);
  const nothing = { cluster: source.cluster, regions: [], roles: [], missing: [] };
  try {
    const { catalogue, roles, projectId } = await access.tokens.current();
    const regions = source.regions.length > 0 ? source.regions : catalogue.regions();
    const missing: CloudAnswer["missing"][number][] = [];
    const user = { projectId, roles };
    const ask = async (probe: Probe, api: ServiceApi, region?: string) => {
      // Many clouds have no Octavia.
      if (probe.service === "load-balancer" && !(await api.isThere())) return;
      const reason = await probe.reasonOf(api, user);
      const what = region === undefined || regions.length === 1 ? probe.what : `${probe.what} (${region})`;
      if (reason !== undefined) missing.push({ what, reason, hint: `${probe.hint}; ${SEE_DOCS}` });
    };
    const [first = ""] = regions;
    await ask(PROJECTS, new ServiceApi("identity", first, access, keystoneBase(source.authUrl)));
    for (const region of regions) {
      for (const probe of PROBES) await ask(probe, new ServiceApi(probe.service, region, access), region);
    }
    return { ...nothing, regions, roles, missing, problem: undefined };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ...nothing, problem: error };
  } finally {
    http.close();
  }
}
