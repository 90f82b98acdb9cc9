import { isApiError } from "./api/api-error.ts";
import { objectPath } from "./api/one-object.ts";
import type { ServiceApi } from "./api/service-api.ts";
import { idAt, recordAt, recordsAt } from "./api/words.ts";
import { type Limits, limitsOf } from "./quota-turns.ts";
import type { Round } from "./round.ts";

/** Limits of Neutron: of projects that have their own, and of all others. */
export interface NetworkQuotas {
  readonly own: ReadonlyMap<string, Limits>;
  readonly usual: Limits;
}

export const NO_QUOTAS: NetworkQuotas = { own: new Map(), usual: new Map() };

const NAMES = [
  ["floatingip", "floating_ips", 1],
  ["port", "ports", 1],
] as const;

/**
 * Two questions for all projects: `GET /quotas` has those with limits of their own, `/quotas/{project}/default` what others have.
 * `some`: any project. Errors: ApiError. Source: neutron/extensions/quotasv2.py.
 */
export async function readNetworkQuotas(
  api: Pick<ServiceApi, "get">,
  some: string | undefined,
  { signal }: Round,
): Promise<NetworkQuotas> {
  const { body } = await api.get("/quotas", [], signal);
  const own = new Map<string, Limits>();
  for (const quota of recordsAt(body, "quotas")) {
    const project = idAt(quota, "project_id") ?? idAt(quota, "tenant_id");
    if (project !== undefined) own.set(project, limitsOf(quota, NAMES));
  }
  return { own, usual: some === undefined ? new Map() : await usualLimits(api, some, signal) };
}

async function usualLimits(api: Pick<ServiceApi, "get">, project: string, signal: AbortSignal): Promise<Limits> {
  try {
    const { body } = await api.get(`${objectPath("/quotas", project)}/default`, [], signal);
    return limitsOf(recordAt(body, "quota"), NAMES);
  } catch (error) {
    // An older Neutron has no such question.
    if (!isApiError(error, "not_found")) throw error;
    return new Map();
  }
}
