import { isRecord } from "../../../core/json.ts";
import type { Vm } from "../../cloud/cloud.ts";
import { projectId, vmUuid } from "../../cloud/identity.ts";
import { uuidOf } from "../../random.ts";
import { hypervisorUuid } from "../nova-hosts.ts";
import { type Provider, providerObject, providersOf, resourcesOf, TRAITS } from "../placement.ts";
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
  const answer = withCode(answerVersioned(site, call, { version: agreed.version, parts }), agreed.version);
  return withHeaders(answer, {
    "openstack-api-version": `placement ${agreed.text}`,
    vary: "openstack-api-version",
    ...(agreed.version >= 1_015
      ? { "cache-control": "no-cache", "last-modified": new Date(call.now).toUTCString() }
      : {}),
  });
}

/** From 1.23 on errors have a code; those we know of have none of their own. */
function withCode(answer: Answer, version: number): Answer {
  const { body } = answer;
  if (version < 1_023 || answer.status < 400 || body.kind !== "json" || !isRecord(body.value)) return answer;
  const { errors } = body.value;
  if (!Array.isArray(errors)) return answer;
  return {
    ...answer,
    body: { kind: "json", value: { errors: errors.map((error) => ({ ...error, code: "placement.undefined_code" })) } },
  };
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

/** Parameters of the list by the microversion they came with. */
const SINCE: { readonly [name: string]: number } = {
  name: 1_000,
  uuid: 1_000,
  member_of: 1_003,
  in_tree: 1_014,
  required: 1_018,
};
const NOT_SERVED = "resources";

function answerProviders(
  site: Site,
  call: Call,
  {
    version,
    id,
    more,
  }: { readonly version: number; readonly id: string | undefined; readonly more: string | undefined },
): Answer {
  const providers = providersOf(site.estate, site.behaviour().placement);
  if (id !== undefined) {
    const provider = providers.find(({ uuid }) => uuid === id);
    if (provider === undefined) return refusal(404, `No resource provider with uuid ${id} found `);
    return more === undefined
      ? json(200, providerObject(provider, version))
      : answerOfProvider(site, provider, { version, more });
  }
  const wanted = wantedOf(providers, call, version);
  if ("status" in wanted) return wanted;
  const items = wanted.values().map((provider) => providerObject(provider, version));
  return { status: 200, headers: {}, body: { kind: "list", name: "resource_providers", items, rest: {} } };
}

/** Those that the query asks for, or why it cannot be followed. */
function wantedOf(providers: readonly Provider[], call: Call, version: number): readonly Provider[] | Answer {
  const unknown = [...call.query.keys()].filter((name) => (SINCE[name] ?? Number.POSITIVE_INFINITY) > version);
  if (unknown.length > 0) {
    call.blame(`query parameter ${unknown.join(", ")} is unknown or not simulated`);
    if (unknown.every((name) => name === NOT_SERVED && version >= 1_004)) {
      return placementError(501, `The simulated Placement does not follow ${unknown.join(", ")}.`);
    }
    const names = unknown.map((name) => `'${name}'`).join(", ");
    return refusal(
      400,
      `Invalid query string parameters: Additional properties are not allowed (${names} was unexpected)`,
    );
  }
  const asked = (name: string) => call.query.get(name);
  const [name, uuid, tree] = [asked("name"), asked("uuid"), asked("in_tree")];
  const root = providers.find((provider) => provider.uuid === tree)?.root;
  const aggregates = membersOf(asked("member_of"));
  const traits = asked("required")?.split(",") ?? [];
  const stranger = traits.find((trait) => !TRAITS.includes(trait));
  if (stranger !== undefined) {
    return refusal(400, `Invalid trait(s) in "required" parameter: No such trait(s): ${stranger}. `);
  }
  if (aggregates === "malformed") {
    return refusal(400, `Expected 'member_of' parameter to contain valid UUID(s).`);
  }
  return providers.filter(
    (provider) =>
      (name === null || provider.name === name) &&
      (uuid === null || provider.uuid === uuid) &&
      (tree === null || provider.root === root) &&
      (aggregates === undefined || aggregates.some((each) => provider.aggregates.includes(each))) &&
      traits.every((trait) => provider.traits.includes(trait)),
  );
}

/** One aggregate, or `in:` and several of which one must be. */
function membersOf(text: string | null): readonly string[] | "malformed" | undefined {
  if (text === null) return undefined;
  const uuids = text.startsWith("in:") ? text.slice(3).split(",") : [text];
  return uuids.every((uuid) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) ? uuids : "malformed";
}

function answerOfProvider(
  site: Site,
  provider: Provider,
  { version, more }: { readonly version: number; readonly more: string },
): Answer {
  const { estate } = site;
  const generation = { resource_provider_generation: provider.generation() };
  switch (more) {
    case "inventories":
      return json(200, { ...generation, inventories: provider.inventories() });
    case "usages":
      return json(200, { ...generation, usages: provider.usages() });
    case "traits":
      return version < 1_006
        ? placementError(404, "The resource could not be found.")
        : json(200, { ...generation, traits: provider.traits });
    case "aggregates":
      return version < 1_001
        ? placementError(404, "The resource could not be found.")
        : json(200, { aggregates: provider.aggregates, ...(version >= 1_019 ? generation : {}) });
    case "allocations": {
      const { host, parent } = provider;
      const vms = host === undefined || parent !== undefined ? [] : estate.serversOn(host);
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
  const uuid = hypervisorUuid(cloud, vm.host);
  const provider = providersOf(estate, site.behaviour().placement).find((each) => each.uuid === uuid);
  return json(200, {
    allocations: { [uuid]: { generation: provider?.generation() ?? 0, resources: resourcesOf(vm) } },
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
