/** A file of the package: where it is installed, and where its content comes from. */
export interface PackagedFile {
  /** From the root of the host. */
  readonly path: string;
  readonly mode: number;
  readonly content: { readonly copyOf: string } | { readonly text: string };
}

export interface PackageParts {
  readonly version: string;
  /** In Debian's words: amd64, arm64. */
  readonly architecture: string;
  /** The runtime that goes along. */
  readonly node: string;
  readonly nodeLicense: string | undefined;
  readonly bundle: string;
  /** The folder of unit, scripts and example configuration. */
  readonly deploy: string;
  readonly license: string;
  readonly configSchema: string;
}

const LIBRARY = "usr/lib/nephoscope-agent";
const DOCUMENTS = "usr/share/doc/nephoscope-agent";

/** Everything that is installed, in the order of its paths. */
export function packagedFiles(parts: PackageParts): readonly PackagedFile[] {
  const { deploy, version } = parts;
  const identity = `${JSON.stringify({ name: "nephoscope-agent", version, license: "Apache-2.0" })}\n`;
  const files: readonly PackagedFile[] = [
    { path: `${LIBRARY}/node`, mode: 0o755, content: { copyOf: parts.node } },
    { path: `${LIBRARY}/agent.cjs`, mode: 0o644, content: { copyOf: parts.bundle } },
    // The version is read from beside the program.
    { path: `${LIBRARY}/package.json`, mode: 0o644, content: { text: identity } },
    { path: `${LIBRARY}/nephoscope-agent`, mode: 0o755, content: { copyOf: `${deploy}/nephoscope-agent.sh` } },
    {
      path: "usr/lib/systemd/system/nephoscope-agent.service",
      mode: 0o644,
      content: { copyOf: `${deploy}/nephoscope-agent.service` },
    },
    { path: "etc/nephoscope/agent.yaml", mode: 0o640, content: { copyOf: `${deploy}/agent.yaml` } },
    { path: `${DOCUMENTS}/README`, mode: 0o644, content: { copyOf: `${deploy}/README` } },
    { path: `${DOCUMENTS}/config.schema.json`, mode: 0o644, content: { copyOf: parts.configSchema } },
    { path: `${DOCUMENTS}/copyright`, mode: 0o644, content: { copyOf: parts.license } },
    ...(parts.nodeLicense === undefined
      ? []
      : [{ path: `${DOCUMENTS}/copyright.node`, mode: 0o644, content: { copyOf: parts.nodeLicense } }]),
  ];
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** DEBIAN/control. `installedKib`: what the files take on disk. */
export function controlText({ version, architecture }: PackageParts, installedKib: number): string {
  return `${[
    "Package: nephoscope-agent",
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    "Maintainer: Nephoscope <nephoscope@localhost>",
    `Installed-Size: ${installedKib}`,
    "Depends: libc6, libstdc++6, iproute2, util-linux",
    "Recommends: ethtool",
    "Section: net",
    "Priority: optional",
    "Description: agent of Nephoscope",
    " Reads network, virtual machines and processes of this host and tells a Nephoscope",
    " collector: metrics and every change of the network's topology. Brings its own runtime.",
  ].join("\n")}\n`;
}

/** What an administrator may have changed and an upgrade leaves alone. */
export const CONFIGURATION_FILES = "/etc/nephoscope/agent.yaml\n";

/** Debian's name for an architecture of Node; undefined where Debian has none that we build for. */
export function debianArchitecture(arch: string): string | undefined {
  return { x64: "amd64", arm64: "arm64" }[arch];
}
