/** The kernel's limit of a process's name (TASK_COMM_LEN without its end). */
const MAX_COMM_BYTES = 15;

/** Process 2, kthreadd, is the parent of every kernel thread. */
const KTHREADD = 2;

/** What stays the same when a process is started anew. */
export interface ProcessName {
  readonly comm: string;
  /** Of a machine run by QEMU: what libvirt calls it. */
  readonly guest?: string | undefined;
}

export interface ProcessFacts {
  /** The kernel's name of it. */
  readonly comm: string;
  readonly parent: number;
  /** /proc/<pid>/cmdline; empty for kernel threads and zombies. */
  readonly commandLine: string;
  /** The file name of its program; undefined when it cannot be told. */
  readonly program: () => string | undefined;
}

/**
 * The name that people know a process by, which the kernel's often is not: that is cut off after 15 bytes
 * (`neutron-openvsw`), is the interpreter's (`python3`), or the main thread's (`MainThread`).
 */
export function processName({ comm, parent, commandLine, program }: ProcessFacts): ProcessName {
  if (commandLine === "") return { comm: parent === KTHREADD ? kernelThreadName(comm) : comm || "unnamed" };
  const words = commandLine.split("\0");
  const first = words[0] ?? "";
  // A title that the process gave itself: `neutron-server: rpc worker`, `nginx: master process`, `sshd: root@pts/0`.
  const title = /^[\w./@+-]+(?=: )/.exec(first)?.[0];
  if (title !== undefined) {
    const isMonitor = first.startsWith(`${title}: monitoring pid `);
    // Of a daemon of Open vSwitch and the one that watches it, only the first is the service.
    return { comm: isMonitor ? `${baseName(title)}-monitor` : baseName(title) };
  }
  const file = baseName(first).replace(/^-/, "");
  if (/^(qemu-system-\w+|qemu-kvm|kvm)$/.test(file)) {
    const guest = guestOf(words);
    if (guest !== undefined) return { comm: "qemu", guest };
  }
  if (/^(python|perl)[\d.]*$/.test(file)) return { comm: scriptOf(words) ?? comm };
  if (comm === "" || comm === "MainThread") return { comm: program() ?? (comm || "unnamed") };
  // A daemon of Open vSwitch that its monitor started anew after a crash still has the monitor's name in the kernel.
  if (comm === "monitor") return { comm: file || comm };
  return { comm: comm.length >= MAX_COMM_BYTES && file.startsWith(comm) ? file : comm };
}

/**
 * Kernel threads carry CPU, work queue, disk or the process they work for in their names (`kworker/0:1-events`,
 * `vhost-4711`), which change all the time.
 */
function kernelThreadName(comm: string): string {
  const slash = comm.indexOf("/");
  return slash > 0 ? comm.slice(0, slash) : comm.replace(/[-_]\d+$/, "") || "unnamed";
}

/** QEMU's `-name guest=instance-0000002a,debug-threads=on`, or the older `-name instance-0000002a`; a comma is written twice. */
function guestOf(words: readonly string[]): string | undefined {
  const at = words.indexOf("-name");
  if (at < 0) return undefined;
  const parts = (words[at + 1] ?? "").split(/(?<!,),(?!,)/);
  const named = parts.find((part) => part.startsWith("guest="))?.slice("guest=".length) ?? parts[0];
  return named === undefined || named === "" || named.includes("=") ? undefined : named.replaceAll(",,", ",");
}

/** The script or module that an interpreter runs; undefined when it runs none. */
function scriptOf(words: readonly string[]): string | undefined {
  for (let n = 1; n < words.length; n++) {
    const word = words[n] ?? "";
    if (word === "-m") return words[n + 1] || undefined;
    if (word === "-c" || word === "-e" || word === "-" || word === "") return undefined;
    if (word === "-X" || word === "-W") n++;
    else if (!word.startsWith("-")) return baseName(word).replace(/\.(py|pl)$/, "") || undefined;
  }
  return undefined;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
