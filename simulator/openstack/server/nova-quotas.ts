import { usageOfProject } from "../usages.ts";
import { type Answer, json, type Site } from "./call.ts";
import { forbidden, type NovaCall } from "./nova.ts";
import { checkQuery } from "./nova-query.ts";
import { computeFault } from "./refusals.ts";

// GET /os-quota-sets/{project}, /os-quota-sets/{project}/detail, /limits.

const LIMITS = { instances: 200, cores: 1_000, ram: 4_000_000, server_groups: 10, server_group_members: 10 } as const;

export function answerQuotas(site: Site, call: NovaCall): Answer {
  const [, project, more] = call.parts;
  if (project === undefined || (more !== undefined && more !== "detail" && more !== "defaults")) {
    return computeFault(404, "The resource could not be found.");
  }
  const isOwn = call.token.scope.kind === "project" && call.token.scope.project === project;
  if (!call.token.isAdmin && !isOwn) return forbidden("os-quota-sets:show");
  const wrong = checkQuery(call, { known: ["user_id"], strictSince: 2_075 });
  if (wrong !== undefined) return wrong;
  const used = usageOfProject(site.estate, project);
  const rows: readonly (readonly [string, number, number])[] = [
    ["instances", LIMITS.instances, used.instances],
    ["cores", LIMITS.cores, used.vcpus],
    ["ram", LIMITS.ram, used.memoryMib],
    ["key_pairs", 100, 0],
    ["metadata_items", 128, 0],
    ["server_groups", LIMITS.server_groups, 0],
    ["server_group_members", LIMITS.server_group_members, 0],
    ...(call.version < 2_057 ? INJECTED : []),
    ...(call.version < 2_036 ? PROXIED : []),
  ];
  const isDetail = more === "detail";
  const values = rows.map(([name, limit, inUse]) => [name, isDetail ? { limit, in_use: inUse, reserved: 0 } : limit]);
  return json(200, { quota_set: { id: project, ...Object.fromEntries(values) } });
}

const INJECTED = [
  ["injected_files", 5, 0],
  ["injected_file_content_bytes", 10_240, 0],
  ["injected_file_path_bytes", 255, 0],
] as const;
/** What Nova asked its former network service for. */
const PROXIED = [
  ["fixed_ips", -1, 0],
  ["floating_ips", 10, 0],
  ["security_groups", 10, 0],
  ["security_group_rules", 20, 0],
] as const;

export function answerLimits(site: Site, call: NovaCall): Answer {
  const known = ["tenant_id", "reserved"];
  const wrong = checkQuery(call, { known, strictSince: 2_075 });
  if (wrong !== undefined) return wrong;
  const own = call.token.scope.kind === "project" ? call.token.scope.project : "";
  const project = call.query.get("tenant_id") ?? own;
  if (project !== own && !call.token.isAdmin) return forbidden("os-used-limits");
  const used = usageOfProject(site.estate, project);
  return json(200, {
    limits: {
      rate: [],
      absolute: {
        maxTotalInstances: LIMITS.instances,
        maxTotalCores: LIMITS.cores,
        maxTotalRAMSize: LIMITS.ram,
        maxTotalKeypairs: 100,
        maxServerMeta: 128,
        maxServerGroups: LIMITS.server_groups,
        maxServerGroupMembers: LIMITS.server_group_members,
        ...(call.version < 2_057 ? { maxPersonality: 5, maxPersonalitySize: 10_240 } : {}),
        ...(call.version < 2_039 ? { maxImageMeta: 128 } : {}),
        ...(call.version < 2_036 ? { maxTotalFloatingIps: 10, maxSecurityGroups: 10, maxSecurityGroupRules: 20 } : {}),
        totalInstancesUsed: used.instances,
        totalCoresUsed: used.vcpus,
        totalRAMUsed: used.memoryMib,
        totalServerGroupsUsed: 0,
        ...(call.version < 2_036 ? { totalFloatingIpsUsed: 0, totalSecurityGroupsUsed: 0 } : {}),
      },
    },
  });
}
