import type { AmqpOptions } from "./findings/amqp-probe.ts";
import type { OvercommitOptions } from "./findings/memory-overcommit.ts";
import type { SysctlOptions } from "./findings/sysctl-probe.ts";

/** What is watched on a host besides what every host has; what is left out has the default of its source. */
export interface HostWatchOptions {
  /** Processes that are always reported, and whose end and restart are told; `*` stands for any letters. */
  readonly processes?: readonly string[] | undefined;
  readonly sysctl?: SysctlOptions | undefined;
  readonly amqp?: AmqpOptions | undefined;
  readonly memoryOvercommit?: OvercommitOptions | undefined;
}
