import type { Host, Vm } from "../../cloud/cloud.ts";
import { hostAt, projectId, vmUuid } from "../../cloud/identity.ts";
import { uuidOf } from "../../random.ts";
import { hypervisorUuid } from "../nova-hosts.ts";
import { generationOf, inventoriesOf, providerObject, resourcesOf, TRAITS, usagesOf } from "../placement.ts";
import { OLDEST } from "../releases.ts";
import { usageOfProject } from "../usages.ts";
import { type Answer, type Call, json, partsOf, type Site, withHeaders } from "./call.ts";
import { negotiate } from "./negotiate.ts";
import { placementError, unauthenticated } from "./refusals.ts";

// Placement, as far as a reader needs it. Source: OpenStack Placement API reference. It has no pages.

export function answerPlacement(site: Site, call: Call): Answer {
  const parts = partsOf(call.path);
  const { placement: newest } = site.release();
  if (parts.length === 0) {
    const links = [{ rel: "self", href: "" }];
    const version = { id: "v1.0", status: "CURRENT", min_version: OLDEST.placement, max_version: newest, links };
    return json(200, { versions: [version] });
  }
  const agreed = negotiate(call, { oldest: OLDEST.placement, newest }, { service: "placement" });
  if (agreed.kind === "malformed") {
    return refusal(400, `invalid version string: ${agreed.asked}`);
  }
  if (agreed.kind === "unknown") {
    const span = { min_version: OLDEST.placement, max_version: newest };
    return placementError(
      406,
      `The requested version is not acceptable.\n\n Unacceptable version header: ${agreed.asked}  `,
      span,
    );
  }
  return withHeaders(answerVersioned(site, call, { version: agreed.version, parts }), {
    "openstack-api-version": `placement ${agreed.text}`,
    vary: "openstack-api-version",
    ...(agreed.version >= 1_015
      ? { "cache-control": "no-cache", "last-modified": new Date(call.now).toUTCString() }
      : {}),
  });
}

interface Versioned {
  readonly version: number;
  readonly parts: readonly string[];
}

function answerVersioned(site: Site, call: Call, { version, parts }: Versioned): Answer {
  const given = call.headers["x-auth-token"];
  const token = site.tokens.find(typeof given === "string" ? given : undefined, call.now);
  if (token === undefined || token.scope.kind === "unscoped") {
    if (given === undefined) call.blame("no token was sent");
    return unauthenticated(site.urlOf("identity"));
  }
  if (call.method !== "GET") {
    call.blame(`${call.method} would change something`);
    const isKnown = ["POST", "PUT", "DELETE"].includes(call.method);
    return isKnown ? denied() : placementError(405, "The method is not allowed for this resource.");
  }
  if (!token.isAdmin) return denied();
  const [kind, id, more] = parts;
  if (kind === "resource_providers") return answerProviders(site, call, { version, id, more });
  if (kind === "allocations" && id !== undefined) return answerAllocations(site, version, id);
  if (kind === "usages" && version >= 1_009) return answerUsages(site, call);
  return placementError(404, "The resource could not be found.");
}

const SERVED = ["name", "uuid", "in_tree"];
const NOT_SERVED = ["member_of", "resources", "required"];

function answerProviders(
  site: Site,
  call: Call,
  {
    version,
    id,
    more,
  }: { readonly version: number; readonly id: string | undefined; readonly more: string | undefined },
): Answer {
  const { estate } = site;
  const hosts = estate.computeNodes();
  const uuidOfHost = ({ index }: Host) => hypervisorUuid(estate.cloud, index);
  if (id !== undefined) {
    const host = hosts.find((each) => uuidOfHost(each) === id);
    if (host === undefined) return refusal(404, `No resource provider with uuid ${id} found `);
    return more === undefined
      ? json(200, providerObject(estate, host, version))
      : answerOfProvider(site, host, { version, more });
  }
  const unknown = [...call.query.keys()].filter((name) => !SERVED.includes(name));
  if (unknown.length > 0) {
    call.blame(`query parameter ${unknown.join(", ")} is unknown or not simulated`);
    if (unknown.every((name) => NOT_SERVED.includes(name))) {
      return placementError(501, `The simulated Placement does not follow ${unknown.join(", ")}.`);
    }
    const names = unknown.map((name) => `'${name}'`).join(", ");
    return refusal(
      400,
      `Invalid query string parameters: Additional properties are not allowed (${names} was unexpected)`,
    );
  }
  const [name, uuid] = [call.query.get("name"), call.query.get("uuid") ?? call.query.get("in_tree")];
  const wanted = hosts.filter(
    (host) =>
      (name === null || estate.view.names.hypervisor(host) === name) && (uuid === null || uuidOfHost(host) === uuid),
  );
  const items = wanted.values().map((host) => providerObject(estate, host, version));
  return { status: 200, headers: {}, body: { kind: "list", name: "resource_providers", items, rest: {} } };
}

function answerOfProvider(
  site: Site,
  host: Host,
  { version, more }: { readonly version: number; readonly more: string },
): Answer {
  const { estate } = site;
  const vms = estate.serversOn(host);
  const generation = { resource_provider_generation: generationOf(estate, host) };
  switch (more) {
    case "inventories":
      return json(200, { ...generation, inventories: inventoriesOf() });
    case "usages":
      return json(200, { ...generation, usages: usagesOf(vms) });
    case "traits":
      return version < 1_006
        ? placementError(404, "The resource could not be found.")
        : json(200, { ...generation, traits: TRAITS });
    case "aggregates":
      return json(200, { aggregates: [], ...(version >= 1_019 ? generation : {}) });
    case "allocations": {
      const allocations = vms.map((vm) => [
        vmUuid(estate.cloud, vm.index),
        { resources: resourcesOf(vm), ...consumerOf(version) },
      ]);
      return json(200, { ...generation, allocations: Object.fromEntries(allocations) });
    }
    default:
      return placementError(404, "The resource could not be found.");
  }
}

function consumerOf(version: number): object {
  return version >= 1_028 ? { consumer_generation: 1 } : {};
}

/** Nothing allocated is no error. */
function answerAllocations(site: Site, version: number, id: string): Answer {
  const { estate } = site;
  const entry = estate.servers.get(id);
  const vm = entry === undefined ? undefined : estate.machine(entry.number);
  if (vm === undefined) return json(200, { allocations: {} });
  const { cloud } = estate;
  return json(200, {
    allocations: {
      [hypervisorUuid(cloud, vm.host)]: {
        generation: generationOf(estate, hostAt(cloud, vm.host)),
        resources: resourcesOf(vm),
      },
    },
    ...(version >= 1_012 ? ownerOf(site, vm) : {}),
    ...consumerOf(version),
    ...(version >= 1_038 ? { consumer_type: "INSTANCE" } : {}),
  });
}

function ownerOf({ estate: { cloud } }: Site, vm: Vm): object {
  const user = uuidOf(cloud.seed, "user", vm.network).replaceAll("-", "");
  return { project_id: projectId(cloud, vm.network), user_id: user };
}

function answerUsages(site: Site, call: Call): Answer {
  const project = call.query.get("project_id");
  if (project === null) return refusal(400, "Invalid query string parameters: 'project_id' is a required property");
  const used = usageOfProject(site.estate, project);
  return json(200, { usages: { VCPU: used.vcpus, MEMORY_MB: used.memoryMib, DISK_GB: used.diskGib } });
}

function refusal(status: 400 | 404, what: string): Answer {
  const said =
    status === 400
      ? "The server could not comply with the request since it is either malformed or otherwise incorrect."
      : "The resource could not be found.";
  return placementError(status, `${said}\n\n ${what}  `);
}

function denied(): Answer {
  return placementError(403, "Access was denied to this resource.\n\n placement:resource_providers:list  ");
}
