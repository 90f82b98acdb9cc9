import type { IpInterface } from "./ip-json.ts";
import type { Routing } from "./routing-text.ts";

/** A network namespace that was found on this host. */
export interface Namespace {
  /** Its inode on nsfs: what names of every kind lead to. Used again after the namespace is gone. */
  readonly inode: number;
  /** Undefined: the host's own. */
  readonly name: string | undefined;
  /** How it came by its name. */
  readonly heldBy: "host" | "name" | "container" | "service" | "process";
  /** A process inside, undefined when only its name keeps it. */
  readonly pid: number | undefined;
  /** What `nsenter --net=` takes; undefined for the host's own, which needs no entering. */
  readonly path: string | undefined;
}

/** A namespace and what was read inside. */
export interface NamespaceReading {
  readonly namespace: Namespace;
  readonly interfaces: readonly IpInterface[];
  /** Inodes of the namespaces that this one knows by number and that have a name; `NOWHERE` for a name not found. */
  readonly inodeByNsid: ReadonlyMap<number, number>;
  /** Undefined until they were read. */
  readonly details?: NamespaceDetails | undefined;
}

/** What `ip addr` does not show. */
export interface NamespaceDetails {
  readonly routing: Routing;
  /** Sorted names of what is switched on, by device. */
  readonly features: ReadonlyMap<string, readonly string[]>;
}

/** The inode of no namespace. */
export const NOWHERE = 0;
