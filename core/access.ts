/** What a person may do; each role includes the ones before it. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What a route asks of its caller. `agent`: an agent's token, or a person with role admin. */
export type Access = "public" | "agent" | Role;

/** Who is calling, as the access check found out. */
export type Identity =
  | { readonly kind: "person"; readonly name: string; readonly role: Role }
  /** `hosts`: exact names, or patterns with `*`, that this agent may speak for. */
  | { readonly kind: "agent"; readonly name: string; readonly hosts: readonly string[] }
  /** Nobody configured tokens and the caller is on this machine. */
  | { readonly kind: "loopback" };

export function mayAccess(identity: Identity | undefined, access: Access): boolean {
  if (access === "public") return true;
  if (identity === undefined) return false;
  if (identity.kind === "loopback") return true;
  if (identity.kind === "agent") return access === "agent";
  const needed: Role = access === "agent" ? "admin" : access;
  return ROLES.indexOf(identity.role) >= ROLES.indexOf(needed);
}

/** Whether the caller may write elements and metrics of a host. */
export function mayWriteHost(identity: Identity | undefined, host: string): boolean {
  if (identity === undefined) return false;
  if (identity.kind === "loopback") return true;
  if (identity.kind === "person") return identity.role === "admin";
  return identity.hosts.some((pattern) => matchesPattern(pattern, host));
}

/** The name a change is journalled under. */
export function nameOf(identity: Identity | undefined): string {
  if (identity === undefined) return "anonymous";
  return identity.kind === "loopback" ? "local" : identity.name;
}

function matchesPattern(pattern: string, text: string): boolean {
  const expression = pattern
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${expression}$`).test(text);
}
