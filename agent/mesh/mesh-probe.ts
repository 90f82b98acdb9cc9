import type { Clock } from "../../core/clock.ts";
import { hostId } from "../../core/element-id.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { endpointText, type MeshEndpoint, type MeshPlan } from "../../core/mesh.ts";
import type { HostView, Probe } from "../probe.ts";
import { attributesOf } from "../topology/attributes.ts";
import type { KernelSnapshot } from "../topology/kernel-elements.ts";
import { createLineRunner } from "../topology/line-command.ts";
import { interfaceOf, meshEndpoints } from "./endpoints.ts";
import { startMesh } from "./mesh.ts";
import { readRouteMtus } from "./route-mtus.ts";

export interface MeshOptions {
  /** UDP port that probes of other agents are answered on. */
  readonly port: number;
  readonly underlay?: string | undefined;
  readonly overlay?: readonly string[] | undefined;
}

export interface MeshProbe {
  readonly probe: Probe;
  /** What the collector says. */
  follow(plan: MeshPlan): void;
}

export interface MeshProbeDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** The local end of the connection to the collector. */
  readonly towardsCollector: () => string | undefined;
}

const ROUTES_EVERY_MS = 60_000;

/** Loss, delay and path MTU to other agents, as the collector plans; says where this host answers, and whom it does not reach. */
export function createMeshProbe(options: MeshOptions, deps: MeshProbeDeps, lifetime: Lifetime): MeshProbe {
  let changed = () => {};
  let kernel: KernelSnapshot | undefined;
  let endpoints: readonly MeshEndpoint[] = [];
  let plan: MeshPlan | undefined;
  let routeMtus: ReadonlyMap<string, number> = new Map();
  const run = createLineRunner(lifetime.signal);
  const mesh = startMesh(
    {
      ...deps,
      changed: () => changed(),
      linkMtu: (path) => {
        const own = endpoints.find((endpoint) => endpoint.path === path);
        return own === undefined ? undefined : interfaceOf(kernel, own.address)?.mtu;
      },
      routeMtu: (address) => routeMtus.get(address),
    },
    lifetime,
  );
  const askRoutes = async () => {
    const addresses = [...new Set((plan?.peers ?? []).map(({ address }) => address))];
    routeMtus = await readRouteMtus(addresses, run);
  };
  const timer = setInterval(() => void askRoutes(), ROUTES_EVERY_MS).unref();
  lifetime.defer("path MTUs of the mesh", () => clearInterval(timer));

  function contribute(view: HostView, elements: Parameters<typeof meshEndpoints>[1]["elements"]) {
    kernel = view.kernel;
    const facts = { kernel, elements, towardsCollector: deps.towardsCollector() };
    const wanted = { port: options.port, underlay: options.underlay, overlay: options.overlay ?? [] };
    endpoints = meshEndpoints(wanted, facts);
    mesh.offer(endpoints);
    const { silent, refused } = mesh.unreached();
    const attributes = attributesOf({
      mesh_endpoints: endpoints.map(endpointText),
      mesh_silent: silent,
      mesh_refused: refused,
    });
    return { elements: [], attributes: new Map([[hostId(view.host), attributes]]) };
  }

  return {
    follow(newPlan) {
      plan = newPlan;
      mesh.follow(newPlan);
      void askRoutes();
    },
    probe: {
      name: "mesh",
      async detect(context) {
        changed = context.changed;
        return { sample: mesh.sample, contribute: (view) => contribute(view, context.elements()) };
      },
    },
  };
}
