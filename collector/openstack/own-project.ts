import type { Token } from "./api/token.ts";
import type { Round } from "./round.ts";

/** Who asks. */
export type SignedIn = Pick<Token, "projectId" | "roles">;

/** A list of a service that tells those who may not see all projects only what is of their own one, and says nothing of it. */
export interface SilentList {
  /** What is not told then. */
  readonly what: string;
  readonly service: string;
  /** Who has one of these sees all projects, as the service's policy is when nobody changed it. */
  readonly roles: readonly string[];
  /** That gives another role the same. */
  readonly rule: string;
}

/** Source: cinder/volume/api.py, `get_all`: `all_tenants` is passed over unless the context is an administrator's. */
export const VOLUMES_OF_OTHERS: SilentList = {
  what: "volumes of other projects",
  service: "Cinder",
  roles: ["admin"],
  rule: "context_is_admin",
};

/** Source: octavia/policies/base.py, `load-balancer:read-global`. */
export const LOAD_BALANCERS_OF_OTHERS: SilentList = {
  what: "load balancers of other projects",
  service: "Octavia",
  roles: ["admin", "load-balancer_admin", "load-balancer_global_observer"],
  rule: "os_load-balancer_api:loadbalancer:get_all-global",
};

/** They are of no project: who may not see them has an empty list. Source: neutron/conf/policies/agent.py. */
export const AGENTS: SilentList = { what: "agents", service: "Neutron", roles: ["admin"], rule: "get_agent" };

export function tellOwnOnly(list: SilentList, owners: Iterable<string>, user: SignedIn, round: Round): void {
  const reason = whyOwnOnly(list, owners, user);
  if (reason === undefined) return;
  round.missing({ what: list.what, reason, hint: `give him what ${list.rule} asks for; see docs/openstack.md` });
}

/** Why the list is likely that of the user's own project; undefined when others are in it, or when his roles show them. */
export function whyOwnOnly(
  { service, roles }: SilentList,
  owners: Iterable<string>,
  user: SignedIn,
): string | undefined {
  if (user.roles.some((role) => roles.includes(role))) return undefined;
  for (const owner of owners) if (owner !== user.projectId) return undefined;
  return `${service} tells this user of none, and he has none of the roles ${roles.join(", ")}`;
}
