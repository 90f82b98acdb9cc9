import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";

export interface Mount {
  readonly device: string;
  readonly mountpoint: string;
  readonly fstype: string;
}

export interface FilesystemSize {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly blocksAvailable: number;
  readonly files: number;
  readonly filesFree: number;
}

/**
 * Filesystems on local disks. A list of what is asked rather than of what is not: asking a network or FUSE filesystem
 * whose server is away would block the agent for minutes.
 */
const LOCAL_DISK_FILESYSTEMS: ReadonlySet<string> = new Set([
  "bcachefs",
  "btrfs",
  "exfat",
  "ext2",
  "ext3",
  "ext4",
  "f2fs",
  "jfs",
  "nilfs2",
  "ntfs3",
  "reiserfs",
  "vfat",
  "xfs",
  "zfs",
]);

/** Mounts worth measuring in /proc/mounts; a device mounted in several places (bind mounts) counts once, at the first. */
export function localMounts(procMounts: string): readonly Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const line of procMounts.split("\n")) {
    const [device, mountpoint, fstype] = line.split(" ").map(unescapeOctal);
    if (device === undefined || mountpoint === undefined || fstype === undefined) continue;
    if (!LOCAL_DISK_FILESYSTEMS.has(fstype) || byDevice.has(device)) continue;
    byDevice.set(device, { device, mountpoint, fstype });
  }
  return [...byDevice.values()];
}

export function filesystemPoint(mount: Mount, size: FilesystemSize, at: EpochMs): Point {
  return {
    measurement: "filesystem",
    tags: { device: mount.device, mountpoint: mount.mountpoint, fstype: mount.fstype },
    fields: {
      size_bytes: { int: size.blocks * size.blockBytes },
      available_bytes: { int: size.blocksAvailable * size.blockBytes },
      files: { int: size.files },
      files_free: { int: size.filesFree },
    },
    at,
  };
}

/** The kernel writes space, tab, newline and backslash in a path as `\040`, `\011`, `\012`, `\134`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
