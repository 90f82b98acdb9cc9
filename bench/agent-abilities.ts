/** What of a host one may want to know, and how it shows in the words of each program; looked for in what was really told. */
interface Ability {
  readonly what: string;
  readonly agent: RegExp;
  readonly node_exporter: RegExp;
  readonly collectd: RegExp;
  readonly netdata: RegExp;
}

const NEVER = /(?!)/;

const ABILITIES: readonly Ability[] = [
  {
    what: "CPU, memory, disks, interfaces",
    agent: /^(cpu|mem|disk|interface)\b/,
    node_exporter: /^node_(cpu|memory|disk|network)_/,
    collectd: /\/(cpu|memory|disk|interface)-?/,
    netdata: /^netdata_(system_cpu|system_ram|disk|net)_/,
  },
  {
    what: "processes by name",
    agent: /^process,.*comm=/,
    node_exporter: /groupname=|process_name=/,
    collectd: /\/processes-[^/]+\//,
    netdata: /^netdata_apps_/,
  },
  {
    what: "ports of Open vSwitch",
    agent: /^ovs_interface,/,
    node_exporter: NEVER,
    collectd: /\/ovs_stats-/,
    netdata: NEVER,
  },
  {
    what: "upcalls",
    agent: /^ovs_datapath,.* missed$/,
    node_exporter: NEVER,
    collectd: /upcall|missed/,
    netdata: /upcall|missed/,
  },
  {
    what: "machines as the guest sees them",
    agent: /^vm\b/,
    node_exporter: NEVER,
    collectd: /\/virt/,
    netdata: NEVER,
  },
  {
    what: "connections of each machine",
    agent: /^vm_connections/,
    node_exporter: NEVER,
    collectd: NEVER,
    netdata: NEVER,
  },
  {
    what: "network namespaces",
    agent: /,netns=/,
    node_exporter: /netns/,
    // Where these are mounted is all that the others see of them.
    collectd: NEVER,
    netdata: NEVER,
  },
  {
    what: "lines of error logs",
    agent: /^log,/,
    node_exporter: NEVER,
    collectd: NEVER,
    netdata: NEVER,
  },
  {
    what: "connections in all",
    agent: /^conntrack\b/,
    node_exporter: /^node_nf_conntrack_entries/,
    collectd: /\/conntrack\//,
    netdata: /conntrack/,
  },
];

export type Teller = Exclude<keyof Ability, "what">;

/** For each ability: of how many series, which is 0 where it does not tell of it. */
export function abilitiesOf(teller: Teller, series: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    ABILITIES.map((ability) => [ability.what, series.filter((name) => ability[teller].test(name)).length]),
  );
}
