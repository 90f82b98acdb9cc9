import type { ProcReader } from "../../agent/proc-reader.ts";

export const UUID = "4d0e8f80-1111-4222-8333-abcdefabcdef";

const STAT = `(qemu-system-x86) S ${Array.from({ length: 50 }, (_, field) => (field === 18 ? 1_000 : 500)).join(" ")}`;

/** A host with one machine, as far as its probe looks. */
export const HOST_FILES: { readonly [path: string]: string } = {
  "/proc/uptime": "20.00 1.00\n",
  "/proc/net/dev": "h\nh\n  tap33333333-33: 1000 10 0 1 0 0 0 0 20 2 0 3 0 0 0 0\n",
  "/proc/1/comm": "init\n",
  "/proc/7/comm": "qemu-system-x86\n",
  "/proc/7/cmdline": [
    "/usr/bin/qemu-system-x86_64",
    "-name",
    "guest=by-hand,debug-threads=on",
    "-uuid",
    UUID,
    "-m",
    "size=262144k",
    "-smp",
    "2,sockets=2",
    "",
  ].join("\0"),
  "/proc/7/stat": `7 ${STAT}`,
  "/proc/7/io": "rchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\n",
  "/proc/7/task/7/comm": "qemu-system-x86\n",
  "/proc/7/task/8/comm": "CPU 0/KVM\n",
  "/proc/7/task/8/schedstat": "2500000000 500000000 77\n",
  "/proc/7/fdinfo/30": "pos:\t104\nflags:\t0104002\nmnt_id:\t6\niff:\ttap33333333-33\n",
};

const LINKS: { readonly [path: string]: string } = {
  "/proc/7/fd/0": "/dev/null",
  "/proc/7/fd/30": "/dev/net/tun",
};

/** Reads these files; folders are what stands in front of their names. `onRead` is told of each. */
export function procOf(
  files: { readonly [path: string]: string },
  onRead: (path: string) => void = () => {},
): ProcReader {
  const paths = () => [...Object.keys(files), ...("/proc/7/comm" in files ? Object.keys(LINKS) : [])];
  return {
    text(path) {
      onRead(path);
      return files[path];
    },
    names(path) {
      const below = paths()
        .filter((it) => it.startsWith(`${path}/`))
        .map((it) => it.slice(path.length + 1).split("/")[0] ?? "");
      return [...new Set(below)];
    },
    link: (path) => LINKS[path],
  };
}
