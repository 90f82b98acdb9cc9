import { expect, test } from "vitest";
import { conntrackDefault, sysctlAttributes } from "../../agent/findings/sysctl-attributes.ts";
import { configuredSysctls, readSysctlFiles, sysctlName, sysctlPath } from "../../agent/findings/sysctl-files.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";

/** A host with these files, and folders made of their paths. */
function hostWith(files: { readonly [path: string]: string }): ProcReader {
  const namesIn = (folder: string) =>
    Object.keys(files)
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split("/")[0] ?? "");
  return { text: (path) => files[path], names: (path) => [...new Set(namesIn(path))], link: () => undefined };
}
const valueIn = (files: { readonly [path: string]: string }, name: string) =>
  readSysctlFiles(hostWith(files), "/").valueOf(sysctlPath(name));

test.each([
  [
    "the later name wins, whatever its folder",
    { "/etc/sysctl.d/10-a.conf": "a.b = 1", "/usr/lib/sysctl.d/20-b.conf": "a.b = 2" },
    "2",
  ],
  [
    "a file hides that of its name in a weaker folder, and all that is in it",
    { "/etc/sysctl.d/50-a.conf": "x.y=1", "/usr/lib/sysctl.d/50-a.conf": "a.b=2" },
    undefined,
  ],
  [
    "/run is weaker than /etc, and stronger than /usr/local",
    { "/run/sysctl.d/50-a.conf": "a.b=1", "/usr/local/lib/sysctl.d/50-a.conf": "a.b=2" },
    "1",
  ],
  ["only files that end in .conf", { "/etc/sysctl.d/10-a.conf.bak": "a.b=1" }, undefined],
  [
    "sysctl.conf by its link, as 99-sysctl.conf",
    {
      "/run/systemd/system/x": "",
      "/etc/sysctl.conf": "a.b=0",
      "/etc/sysctl.d/99-sysctl.conf": "a.b=1",
      "/etc/sysctl.d/99-z.conf": "a.b=2",
    },
    "2",
  ],
  [
    "sysctl.conf without a link is not read by systemd",
    { "/run/systemd/system/x": "", "/etc/sysctl.conf": "a.b=1" },
    undefined,
  ],
  [
    "sysctl.conf is read last where systemd does not run",
    { "/etc/sysctl.conf": "a.b=1", "/etc/sysctl.d/99-z.conf": "a.b=2" },
    "1",
  ],
])("%s", (_, files, expected) => {
  expect(valueIn(files, "a.b")).toBe(expected);
});

test.each([
  ["comments and spaces", "# a.b = 1\n; a.b = 1\n\n  a.b  =   1 2\t3  ", "a.b", "1 2\t3"],
  ["a value with an equals sign", "kernel.core_pattern=|/x %P=%u", "kernel.core_pattern", "|/x %P=%u"],
  ["one that may fail", "-a.b = 1", "a.b", "1"],
  ["the last line of a file wins", "a.b=1\na.b=2", "a.b", "2"],
  ["slashes", "net/ipv4/conf/eth0.100/rp_filter = 2", "net.ipv4.conf.eth0/100.rp_filter", "2"],
  ["a wildcard", "net.ipv4.conf.*.rp_filter = 2", "net.ipv4.conf.eth0.rp_filter", "2"],
  ["a wildcard stays within a folder", "net.*.rp_filter = 2", "net.ipv4.conf.rp_filter", undefined],
  ["in full is stronger than a later wildcard", "a.x.b = 1\na.*.b = 2", "a.x.b", "1"],
  ["of two wildcards the later", "a.*.b = 1\na.?.b = 2", "a.x.b", "2"],
  ["excepted from a wildcard, as Debian does with `all`", "a.*.b = 2\n-a.all.b", "a.all.b", undefined],
  ["no setting at all", "nonsense", "nonsense", undefined],
])("%s", (_, text, name, expected) => {
  expect(configuredSysctls([text]).valueOf(sysctlPath(name))).toBe(expected);
});

test("a name and its path are the same setting", () => {
  for (const name of ["net.ipv4.conf.eth0/100.rp_filter", "vm.swappiness"]) {
    expect(sysctlName(sysctlPath(name))).toBe(name);
    expect(sysctlPath(sysctlPath(name))).toBe(sysctlPath(name));
  }
});

const attributesOf = (
  running: { readonly [path: string]: string },
  text: string,
  conntrackMaxDefault: string | undefined = undefined,
) =>
  sysctlAttributes({
    names: [...Object.keys(running), "not.there"],
    configured: configuredSysctls([text]),
    running: (path) => running[path],
    conntrackMaxDefault,
  });

test("what runs is told, and what is configured where a file says so", () => {
  expect(
    attributesOf(
      { "net/ipv4/tcp_rmem": "4096\t131072\t6291456\n", "vm/swappiness": "60\n" },
      "net.ipv4.tcp_rmem = 4096  131072 6291456",
    ),
  ).toEqual({
    "sysctl.net.ipv4.tcp_rmem": "4096 131072 6291456",
    "sysctl_configured.net.ipv4.tcp_rmem": "4096 131072 6291456",
    "sysctl.vm.swappiness": "60",
  });
});

test("buckets are configured as the kernel rounds them", () => {
  const path = "net/netfilter/nf_conntrack_buckets";
  expect(attributesOf({ [path]: "100352" }, `${path} = 100000`)).toMatchObject({
    "sysctl_configured.net.netfilter.nf_conntrack_buckets": "100352",
  });
});

test("of the connection table alone it is known what the kernel makes of it when no file says so", () => {
  const path = "net/netfilter/nf_conntrack_max";
  const configured = "sysctl_configured.net.netfilter.nf_conntrack_max";
  expect(attributesOf({ [path]: "524288" }, "", "262144")[configured]).toBe("262144");
  expect(attributesOf({ [path]: "524288" }, `${path}=524288`, "262144")[configured]).toBe("524288");
  expect(attributesOf({ [path]: "524288" }, "", undefined)).not.toHaveProperty([configured]);
  // The kernel has it by an older name, too.
  const older = (text: string) => attributesOf({ [path]: "524288" }, text, "262144")[configured];
  expect(older("net.nf_conntrack_max = 524288")).toBe("524288");
  expect(older(`net.nf_conntrack_max = 1\n${path} = 524288`), "the last one wins").toBe("524288");
});

test.each([
  ["512 GiB", 512, [], "262144"],
  ["4 GiB, where the kernel counts less", 4, [], undefined],
  ["a size given to the module", 512, ["options nf_conntrack hashsize=1000"], undefined],
  ["a size in a comment", 512, ["# options nf_conntrack hashsize=1000"], "262144"],
  ["a size on the command line", 512, ["quiet nf_conntrack.hashsize=1000"], undefined],
])("the kernel's own size of the connection table: %s", (_, gib, settings, expected) => {
  expect(conntrackDefault(gib * 2 ** 30, settings)).toBe(expected);
});

test("brackets that mean nothing in a file of sysctl.d do not end the agent", () => {
  const configured = configuredSysctls(["net.ipv4.conf.[z-a].rp_filter = 2", "net.ipv4.conf.[\\].rp_filter = 2"]);
  expect(configured.valueOf("net/ipv4/conf/z/rp_filter")).toBeUndefined();
});
