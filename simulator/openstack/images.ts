import type { Cloud } from "../cloud/cloud.ts";
import { hash32, uuidOf } from "../random.ts";
import { isoSeconds, type OpenStackObject, type View } from "./view.ts";

// Images of one cluster, as GET /v2/images lists them. Source: OpenStack Image service API v2 reference.

const NAMES = ["debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "rocky-9", "openeuler-24.03", "windows-2022"];
const DAY_MS = 86_400_000;

/** The image that a machine was made from. */
export function imageUuid(cloud: Cloud, vm: number): string {
  return uuidOf(cloud.seed, "image", hash32(vm, 77) % NAMES.length);
}

/** The newest first. */
export function images(view: View): readonly OpenStackObject[] {
  const { seed } = view.cloud;
  return NAMES.map((name, index) => {
    const id = uuidOf(seed, "image", index);
    const at = view.wallOf(-(index + 1) * 40 * DAY_MS);
    const size = (400 + 90 * index) * 2 ** 20;
    return {
      id,
      name,
      status: "active",
      visibility: "public",
      protected: false,
      owner: uuidOf(seed, "project", -1).replaceAll("-", ""),
      container_format: "bare",
      disk_format: "qcow2",
      min_disk: 10,
      min_ram: 512,
      size,
      virtual_size: size * 5,
      checksum: hexOf(seed, index, 4),
      os_hash_algo: "sha512",
      os_hash_value: hexOf(seed, index, 16),
      os_hidden: false,
      tags: [],
      created_at: isoSeconds(at),
      updated_at: isoSeconds(at + 60_000),
      self: `/v2/images/${id}`,
      file: `/v2/images/${id}/file`,
      schema: "/v2/schemas/image",
    };
  });
}

function hexOf(seed: number, index: number, words: number): string {
  return Array.from({ length: words }, (_, n) => hash32(seed, index, n).toString(16).padStart(8, "0")).join("");
}
