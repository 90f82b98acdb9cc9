import { projectId } from "../../cloud/identity.ts";
import { uuidOf } from "../../random.ts";
import type { Estate } from "../estate.ts";
import { operatorProject } from "../neutron.ts";

/** Who may sign in, as a client is configured with it. */
export interface Credentials {
  readonly username: string;
  readonly userId: string;
  readonly password: string;
  readonly userDomain: string;
  readonly project: string;
  readonly projectId: string;
  readonly projectDomain: string;
  readonly applicationCredential: { readonly id: string; readonly secret: string };
}

export const DEFAULT_DOMAIN = { id: "default", name: "Default" } as const;

/** `reader` may read all of the cluster (role admin), `member` only what is its project's. Every cluster has its own. */
export function credentialsOf(estate: Estate, user: "reader" | "member"): Credentials {
  const { cloud, cluster } = estate;
  const number = user === "reader" ? -1 - 2 * cluster : -2 - 2 * cluster;
  const own = cloud.networks.find((network) => network.cluster === cluster);
  const project = user === "reader" ? operatorProject(cloud) : projectId(cloud, own?.index ?? 0);
  const hexOf = (second: number) => uuidOf(cloud.seed, "user", number, second).replaceAll("-", "");
  return {
    username: user === "reader" ? "nephoscope" : "member",
    userId: hexOf(0),
    password: `password-${hexOf(1).slice(0, 12)}`,
    userDomain: DEFAULT_DOMAIN.name,
    project: user === "reader" ? "admin" : projectName(project),
    projectId: project,
    projectDomain: DEFAULT_DOMAIN.name,
    applicationCredential: { id: hexOf(2), secret: `secret-${hexOf(3)}` },
  };
}

export function projectName(project: string): string {
  return `project-${project.slice(0, 8)}`;
}
