/** Something of a cloud changed: what it is now is asked of its API, since notifications come late, twice and out of order. */
export interface ChangeHint {
  readonly cluster: string;
  readonly service: "nova" | "neutron" | "cinder" | "octavia" | "keystone";
  readonly kind: ChangedKind;
  /** Undefined: one of that kind, not said which. */
  readonly id: string | undefined;
  /** It is gone; asking for it would find nothing. */
  readonly deleted: boolean;
}

export type ChangedKind =
  | "server"
  | "compute-service"
  | "hypervisor"
  | "aggregate"
  | "network"
  | "subnet"
  | "port"
  | "router"
  | "floating-ip"
  | "security-group"
  | "volume"
  | "load-balancer"
  | "project";

/** Whoever keeps what a cloud has takes what notifications say through this. */
export interface HintReceiver {
  /** The notification is acknowledged when this has settled; must not reject. */
  changed(hint: ChangeHint): void | Promise<void>;
  /**
   * From now on changes are told. Those before may not have been: the broker was away, or dropped what we were too slow for.
   * Whoever only listens has to look at everything once.
   */
  listening(cluster: string): void;
}
