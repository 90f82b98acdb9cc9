/** A dnsmasq as /proc shows it. */
export interface Dnsmasq {
  readonly args: readonly string[];
  /** The text of the files that `--conf-file` names. */
  readonly configuration: string;
  /** Inodes of the sockets it holds. */
  readonly sockets: ReadonlySet<number>;
}

/** A UDP socket that is bound to port 67 of any address. */
export interface ServerSocket {
  readonly inode: number;
}

const DHCP_PORT = "0043";

/**
 * Sockets that wait for DHCP requests, of a /proc/<pid>/net/udp: `  sl  local_address rem_address … inode`, addresses in hexadecimal.
 * A server that answers on one address only does not take what is broadcast to port 67, and is not in it.
 */
export function dhcpSockets(udp: string): readonly ServerSocket[] {
  const sockets: ServerSocket[] = [];
  for (const line of udp.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === `00000000:${DHCP_PORT}`) sockets.push({ inode: Number(columns[9]) });
  }
  return sockets;
}

/**
 * The DHCP servers of one network namespace, each once, as the invariant `dhcp_servers_collide` reads them: `dnsmasq:unbound:67` or
 * `dnsmasq:bound:<interface>:67`. A process that holds no such socket serves no DHCP, as the helper that runs scripts; one that was
 * forked to answer over TCP holds its parent's, and is the same server. /proc does not show the device that a socket is bound to
 * (SO_BINDTODEVICE), but dnsmasq binds it exactly when it was told to bind and told of one interface.
 */
export function dhcpServersOf(processes: readonly Dnsmasq[], sockets: readonly ServerSocket[]): readonly string[] {
  const servers: string[] = [];
  for (const { inode } of sockets) {
    const holder = processes.find((it) => it.sockets.has(inode));
    if (holder === undefined) continue;
    const device = boundDevice(holder);
    servers.push(device === undefined ? "dnsmasq:unbound:67" : `dnsmasq:bound:${device}:67`);
  }
  return servers.toSorted();
}

/** dnsmasq(8): with `bind-interfaces` or `bind-dynamic`, and one interface that is named whole. */
function boundDevice({ args, configuration }: Dnsmasq): string | undefined {
  const lines = configuration.split("\n").map((line) => line.replace(/#.*/, "").trim());
  const settings = [...optionsOf(args), ...lines.map((line): Setting => settingOf(line))];
  const binds = settings.some(({ name }) => name === "bind-interfaces" || name === "bind-dynamic");
  const devices = new Set(settings.filter(({ name }) => name === "interface").flatMap(({ value }) => value.split(",")));
  const [device] = devices;
  return binds && devices.size === 1 && device !== undefined && !device.endsWith("*") ? device : undefined;
}

interface Setting {
  readonly name: string;
  readonly value: string;
}

const SHORT: { readonly [letter: string]: string } = { z: "bind-interfaces", i: "interface", C: "conf-file" };

/** `--name=value`, `--name value`, `-i value`, `-ivalue`, `-z`. */
function optionsOf(args: readonly string[]): readonly Setting[] {
  return args.flatMap((arg, index): readonly Setting[] => {
    const next = args[index + 1] ?? "";
    if (arg.startsWith("--")) {
      const { name, value } = settingOf(arg.slice(2));
      return [{ name, value: arg.includes("=") || next.startsWith("-") ? value : next }];
    }
    const name = arg.startsWith("-") ? SHORT[arg[1] ?? ""] : undefined;
    return name === undefined ? [] : [{ name, value: arg.slice(2) || next }];
  });
}

function settingOf(text: string): Setting {
  const [name = "", value = ""] = text.split(/=(.*)/s);
  return { name: name.trim(), value: value.trim() };
}

/** What dnsmasq reads when nobody names a file. */
const DEFAULT_CONFIGURATION = "/etc/dnsmasq.conf";

/** Files that the command line names; Neutron passes one when `dnsmasq_config_file` is set, and an empty one otherwise. */
export function configurationFiles(args: readonly string[]): readonly string[] {
  const named = optionsOf(args).filter(({ name }) => name === "conf-file");
  return named.length === 0 ? [DEFAULT_CONFIGURATION] : named.flatMap(({ value }) => (value === "" ? [] : [value]));
}
