import { type Attributes, type Element, isLink } from "../../core/element.ts";
import { type ElementId, hostId } from "../../core/element-id.ts";

/** What a line of the kernel speaks of, as far as it can be named for certain, and what else it says. */
export interface KernelSubject {
  readonly element: ElementId;
  readonly attributes: Attributes;
}

const KILLED = /Killed process (\d+) \((.*?)\)/;
const MEMORY_GROUP = /^oom-kill:.*task_memcg=(.*?),task=.*,pid=(\d+),/;
/** systemd's name of the scope that libvirt puts a machine in. */
const MACHINE = /\/machine-qemu-\d+-(.+?)\.scope(?:\/|$)/;

/** Process id and memory group of a line that tells why the next one is killed; undefined when it is another line. */
export function memoryGroupOf(line: string): { readonly pid: string; readonly group: string } | undefined {
  const [, group, pid] = MEMORY_GROUP.exec(line) ?? [];
  return group === undefined || pid === undefined ? undefined : { pid, group };
}

/** `groups`: memory groups of killed processes, by process id. */
export function kernelSubject(
  line: string,
  host: string,
  elements: ReadonlyMap<ElementId, Element>,
  groups: ReadonlyMap<string, string>,
): KernelSubject {
  const [, pid, process] = KILLED.exec(line) ?? [];
  if (pid !== undefined && process !== undefined) {
    const group = groups.get(pid);
    const machine = group === undefined ? undefined : MACHINE.exec(withoutEscapes(group))?.[1];
    const attributes = { process, ...(group === undefined ? {} : { memory_group: group }) };
    return { element: (machine && domainNamed(machine, elements)) || hostId(host), attributes };
  }
  return { element: hostId(host), attributes: {} };
}

/** The only machine of this name. */
function domainNamed(name: string, elements: ReadonlyMap<ElementId, Element>): ElementId | undefined {
  const fits = [...elements.values()].filter((it) => !isLink(it) && it.kind === "domain" && it.name === name);
  return fits.length === 1 ? fits[0]?.id : undefined;
}

/** systemd writes what may not stand in the name of a unit as `\x2d`. */
function withoutEscapes(group: string): string {
  return group.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
