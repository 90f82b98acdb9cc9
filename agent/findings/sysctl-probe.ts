import type { Attributes } from "../../core/element.ts";
import { hostId } from "../../core/element-id.ts";
import { waitUnlessOver } from "../../core/wait.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { conntrackDefault, SYSCTLS, sysctlAttributes } from "./sysctl-attributes.ts";
import { readSysctlFiles } from "./sysctl-files.ts";

const READ_EVERY_MS = 60_000;

export interface SysctlOptions {
  /** Settings told besides those that always are. */
  readonly names?: readonly string[] | undefined;
  /** Below which `etc/sysctl.d` and the others are; `/` when left out. Ends with a slash. */
  readonly root?: string | undefined;
  readonly readEveryMs?: number | undefined;
}

/** Running settings of the kernel beside the configured ones, as attributes of the host; read once a minute. */
export function sysctlProbe(proc: ProcReader, options: SysctlOptions = {}): Probe {
  const { names = [], root = "/", readEveryMs = READ_EVERY_MS } = options;
  const told = [...SYSCTLS, ...names];

  function read(): Attributes {
    const memoryKib = Number(/^MemTotal:\s+(\d+)/m.exec(proc.text("/proc/meminfo") ?? "")?.[1] ?? 0);
    return sysctlAttributes({
      names: told,
      configured: readSysctlFiles(proc, root),
      running: (path) => proc.text(`/proc/sys/${path}`),
      conntrackMaxDefault: conntrackDefault(memoryKib * 1024, moduleSettings(proc, root)),
    });
  }

  return {
    name: "sysctl",
    async detect({ signal, changed }) {
      if (proc.text("/proc/sys/kernel/ostype") === undefined) return undefined;
      let attributes = read();
      void (async () => {
        for (;;) {
          await waitUnlessOver(readEveryMs, signal);
          if (signal.aborted) return;
          const before = JSON.stringify(attributes);
          attributes = read();
          if (JSON.stringify(attributes) !== before) changed();
        }
      })();
      return { contribute: ({ host }) => ({ elements: [], attributes: new Map([[hostId(host), attributes]]) }) };
    },
  };
}

/** Where a module may have been given parameters. */
function moduleSettings(proc: ProcReader, root: string): readonly string[] {
  const folders = ["etc/modprobe.d", "run/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d"];
  const files = folders.flatMap((folder) => proc.names(`${root}${folder}`).map((name) => `${root}${folder}/${name}`));
  return [...files.filter((path) => path.endsWith(".conf")), "/proc/cmdline"].map((path) => proc.text(path) ?? "");
}
