/** What the command line of a QEMU process says of its machine. */
export interface QemuCommandLine {
  /** Undefined when the machine was given none. */
  readonly uuid: string | undefined;
  readonly name: string | undefined;
  readonly vcpus: number;
  readonly memoryMib: number | undefined;
  readonly machine: string | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a process of this name may be a virtual machine; the kernel cuts names at 15 characters. */
export function isQemuName(comm: string): boolean {
  return /^(qemu-system-|qemu-kvm$|kvm$)/.test(comm);
}

/** Parses /proc/<pid>/cmdline, arguments with a zero byte after each. Undefined for what names no machine, such as `-version`. */
export function parseQemuCommandLine(text: string): QemuCommandLine | undefined {
  const args = text.split("\0");
  const optionOf = (...options: readonly string[]) => {
    // The last one counts. Both `-name` and `--name` are taken.
    const index = args.findLastIndex((arg) => options.includes(arg.replace(/^--/, "-")));
    return index < 0 ? undefined : args[index + 1];
  };
  const uuid = optionOf("-uuid");
  const name = partOf(optionOf("-name"), "guest");
  if (name === undefined && uuid === undefined) return undefined;
  return {
    uuid: uuid !== undefined && UUID.test(uuid) ? uuid.toLowerCase() : undefined,
    name,
    vcpus: Number(/^\d+/.exec(partOf(optionOf("-smp"), "cpus") ?? "1")?.[0] ?? 1),
    memoryMib: memoryMib(partOf(optionOf("-m"), "size")),
    machine: partOf(optionOf("-machine", "-M"), "type"),
  };
}

/** Of `guest=web,debug-threads=on`; the first part may stand without its key. A comma inside of a value is doubled. */
function partOf(value: string | undefined, key: string): string | undefined {
  const parts = value?.split(/(?<!,),(?!,)/).map((part) => part.replaceAll(",,", ",")) ?? [];
  const named = parts.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1);
  const [first] = parts;
  const text = named ?? (first !== undefined && !/^[\w-]+=/.test(first) ? first : undefined);
  return text === "" ? undefined : text;
}

const MIB_OF_UNIT: { readonly [unit: string]: number } = { "": 1, k: 1 / 1024, m: 1, g: 1024, t: 1024 ** 2 };

/** `4096`, `4G`, `4194304k` */
function memoryMib(size: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)b?$/i.exec(size ?? "");
  const unit = MIB_OF_UNIT[match?.[2]?.toLowerCase() ?? ""];
  return match?.[1] === undefined || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}
