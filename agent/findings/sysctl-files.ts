import type { ProcReader } from "../proc-reader.ts";

/** Settings by path below /proc/sys (`net/ipv4/ip_forward`), as they are in force after a boot. */
export interface ConfiguredSysctls {
  /** What the files say of one setting; undefined when none says anything. */
  valueOf(path: string): string | undefined;
}

/** From the strongest to the weakest (sysctl.d(5)); a file hides files of its name in the folders after its own. */
const FOLDERS = ["etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d"] as const;

/**
 * Reads what will be set at the next boot, as systemd-sysctl does: files of all folders in the order of their names, the later
 * one wins; a setting named in full is stronger than one with wildcards. /etc/sysctl.conf is read where systemd reads it, which is by the
 * link `99-sysctl.conf`; and last where systemd does not run, as `sysctl --system` does.
 */
export function readSysctlFiles(proc: ProcReader, root: string): ConfiguredSysctls {
  const folders = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const name of proc.names(`${root}${folder}`)) {
      if (name.endsWith(".conf") && !folders.has(name)) folders.set(name, folder);
    }
  }
  const paths = [...folders].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, folder]) => `${folder}/${name}`);
  if (proc.names(`${root}run/systemd/system`).length === 0) paths.push("etc/sysctl.conf");
  return configuredSysctls(paths.map((path) => proc.text(`${root}${path}`) ?? ""));
}

/** Texts of files in the order in which they are read. */
export function configuredSysctls(texts: readonly string[]): ConfiguredSysctls {
  const exact = new Map<string, string | undefined>();
  const wild = new Map<string, { readonly pattern: RegExp; readonly value: string }>();
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const setting = parseSysctlLine(line);
    if (setting === undefined) continue;
    const { path, value } = setting;
    const pattern = /[*?[]/.test(path) ? globExpression(path) : undefined;
    if (pattern === undefined) exact.set(path, value);
    else if (value !== undefined) wild.set(path, { pattern, value });
  }
  return {
    valueOf(path) {
      if (exact.has(path)) return exact.get(path);
      return [...wild.values()].findLast(({ pattern }) => pattern.test(path))?.value;
    },
  };
}

/** `-name = value` may fail to be set; `-name` alone keeps wildcards away from a setting: then there is no value. */
function parseSysctlLine(line: string): { readonly path: string; readonly value: string | undefined } | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#") || text.startsWith(";")) return undefined;
  const equals = text.indexOf("=");
  const isOptional = text.startsWith("-");
  if (equals < 0 && !isOptional) return undefined;
  const name = text.slice(isOptional ? 1 : 0, equals < 0 ? undefined : equals).trim();
  return { path: sysctlPath(name), value: equals < 0 ? undefined : text.slice(equals + 1).trim() };
}

/** Settings that the kernel has by two names, of which the older one is the one that most guides write. */
const SAME: ReadonlyMap<string, string> = new Map([["net/nf_conntrack_max", "net/netfilter/nf_conntrack_max"]]);

/**
 * `net.ipv4.conf.eth0/100.rp_filter` and `net/ipv4/conf/eth0.100/rp_filter` are the same setting: which of the two
 * characters comes first separates.
 */
export function sysctlPath(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  const path = first === "." ? name.replaceAll(/[./]/g, (it) => (it === "." ? "/" : ".")) : name;
  return SAME.get(path) ?? path;
}

/** The name by which people call a path. */
export function sysctlName(path: string): string {
  return path.replaceAll(/[./]/g, (it) => (it === "/" ? "." : "/"));
}

/** glob(7) within one folder: `*`, `?` and `[…]` never match a `/`. Undefined for brackets that mean nothing (`[z-a]`): they fit nothing. */
function globExpression(path: string): RegExp | undefined {
  const source = path.replaceAll(/\[[^\]]*\]|[.*+?^${}()|[\]\\]/g, (it) => {
    if (it === "*") return "[^/]*";
    if (it === "?") return "[^/]";
    return it.length > 2 ? it.replace(/^\[!/, "[^") : `\\${it}`;
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return undefined;
  }
}
