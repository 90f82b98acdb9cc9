import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../core/clock.ts";
import { createFeatureReader, hasFeatures } from "./device-features.ts";
import { kindOf } from "./interface-node.ts";
import type { IpInterface } from "./ip-json.ts";
import { inNamespace, type LineCommand, type LineRunner } from "./line-command.ts";
import type { Namespace, NamespaceDetails } from "./namespace.ts";
import { createRoutingReader, type Entries, NO_ENTRIES, ROUTING_QUESTIONS, type Routing } from "./routing-text.ts";

/** Routes that change all the time are read, and so recorded, once in so long; a table too large to be told, even less. */
const ROUTES_EVERY_MS = 1_000;
const COUNTED_ROUTES_EVERY_MS = 30_000;
const FEATURES_EVERY_MS = 5_000;

/** More devices than these are asked for together: one process for all rather than one for each. */
const MAX_ASKED_ONE_BY_ONE = 4;

/** What of a namespace may have changed besides what `ip addr` shows. */
export interface DetailSigns {
  /** It is not the namespace that was read last, though it may have its inode. */
  readonly isAnother: boolean;
  readonly everything: boolean;
  /** The kernel told of a route. */
  readonly routes: boolean;
  /** The kernel told of a link. */
  readonly links: boolean;
}

export interface DetailReader {
  /** Not twice at once for one namespace. `before`: its interfaces at the last call. */
  read(
    namespace: Namespace,
    interfaces: { readonly before: readonly IpInterface[]; readonly now: readonly IpInterface[] },
    signs: DetailSigns,
  ): Promise<NamespaceDetails>;
  forgetAllBut(namespaces: readonly Namespace[]): void;
  /** When something that was put off is to be read, by calling `read` again; undefined when nothing was. */
  dueInMs(): number | undefined;
}

interface Known {
  routing: Routing;
  routesReadMs: number;
  routesDue: boolean;
  features: ReadonlyMap<string, readonly string[]>;
  /** Which device each name meant when its features were read. */
  featuresOf: ReadonlyMap<string, number>;
  featuresReadMs: number;
  featuresDue: boolean;
}

/**
 * Reads routes, static neighbours and features of devices. Each costs a process, so each is read only when something
 * says that it changed: of a namespace, not of the host, and no more often than the limits above.
 */
export function createDetailReader(clock: Clock, runLines: LineRunner): DetailReader {
  const known = new Map<number, Known>();
  const run = (command: LineCommand, namespace: Namespace, onLine: (line: string) => void) =>
    runLines(inNamespace(command, namespace.path), onLine);

  async function readRouting(namespace: Namespace, it: Known): Promise<void> {
    const reader = createRoutingReader();
    const command = { file: "ip", args: ["-o", "-force", "-batch", "-"], input: ROUTING_QUESTIONS };
    [it.routesReadMs, it.routesDue] = [clock.monotonicMs(), false];
    if (await run(command, namespace, reader.line)) it.routing = reader.finish();
  }

  async function readFeatures(namespace: Namespace, it: Known, wanted: readonly IpInterface[]): Promise<void> {
    const reader = createFeatureReader();
    const names = wanted.length > MAX_ASKED_ONE_BY_ONE ? ["*"] : wanted.map(({ name }) => name);
    for (const name of names) await run({ file: "ethtool", args: ["-k", name] }, namespace, reader.line);
    it.features = new Map([...it.features, ...reader.finish()]);
  }

  return {
    async read(namespace, { before, now }, signs) {
      const it = (signs.isAnother ? undefined : known.get(namespace.inode)) ?? neverRead();
      known.set(namespace.inode, it);
      if (signs.isAnother || signs.everything || signs.routes || movesRoutes(it.routing, before, now)) {
        it.routesDue = true;
      }
      if (it.routesDue && clock.monotonicMs() - it.routesReadMs >= routesEveryMs(it)) await readRouting(namespace, it);
      const devices = now.filter((device) => hasFeatures(kindOf(device, undefined)));
      const fresh = devices.filter(({ name, ifindex }) => it.featuresOf.get(name) !== ifindex);
      // The kernel tells of a link and `ip` shows no difference: then it may be its features that were switched.
      if (signs.links && fresh.length === 0 && isDeepStrictEqual(before, now)) it.featuresDue = devices.length > 0;
      if (it.featuresDue && clock.monotonicMs() - it.featuresReadMs >= FEATURES_EVERY_MS) {
        [it.featuresReadMs, it.featuresDue] = [clock.monotonicMs(), false];
        await readFeatures(namespace, it, devices);
      } else if (fresh.length > 0) await readFeatures(namespace, it, fresh);
      it.featuresOf = new Map(devices.map(({ name, ifindex }) => [name, ifindex]));
      it.features = new Map([...it.features].filter(([name]) => it.featuresOf.has(name)));
      return { routing: it.routing, features: it.features };
    },
    forgetAllBut(namespaces) {
      const present = new Set(namespaces.map(({ inode }) => inode));
      for (const inode of known.keys()) if (!present.has(inode)) known.delete(inode);
    },
    dueInMs() {
      const nowMs = clock.monotonicMs();
      const due = [...known.values()].flatMap((it) => [
        ...(it.routesDue ? [it.routesReadMs + routesEveryMs(it) - nowMs] : []),
        ...(it.featuresDue ? [it.featuresReadMs + FEATURES_EVERY_MS - nowMs] : []),
      ]);
      return due.length === 0 ? undefined : Math.max(0, Math.min(...due));
    },
  };
}

function neverRead(): Known {
  return {
    routing: { routes: NO_ENTRIES, neighbors: NO_ENTRIES },
    routesReadMs: Number.NEGATIVE_INFINITY,
    routesDue: false,
    features: new Map(),
    featuresOf: new Map(),
    featuresReadMs: Number.NEGATIVE_INFINITY,
    featuresDue: false,
  };
}

function routesEveryMs({ routing }: Known): number {
  return routing.routes.kind === "counted" ? COUNTED_ROUTES_EVERY_MS : ROUTES_EVERY_MS;
}

/**
 * Whether a device changed that routes or neighbours lead out of. The kernel takes IPv4 routes away with their device
 * and its addresses without telling.
 */
export function movesRoutes(
  { routes, neighbors }: Routing,
  before: readonly IpInterface[],
  now: readonly IpInterface[],
): boolean {
  if (before === now) return false;
  const devices = [...devicesOf(routes), ...devicesOf(neighbors)];
  if (devices.length === 0) return routes.kind === "counted" || neighbors.kind === "counted";
  const [was, is] = [signatures(before), signatures(now)];
  return devices.some((device) => was.get(device) !== is.get(device));
}

function devicesOf(entries: Entries): readonly string[] {
  return entries.kind === "counted" ? [] : [...entries.byDevice.keys()].filter((device) => device !== undefined);
}

function signatures(interfaces: readonly IpInterface[]): ReadonlyMap<string, string> {
  return new Map(
    interfaces.map(({ name, ifindex, adminUp, addresses }) => [name, `${ifindex} ${adminUp} ${addresses.join(" ")}`]),
  );
}
