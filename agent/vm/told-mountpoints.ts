/** Of one guest while its machine is here; each is a series of its own, and who rules the guest may mount at ever new places. */
const MAX_MOUNTPOINTS = 60;

/** Which file systems of guests are told: those that were first. */
export interface ToldMountpoints {
  isTold(uuid: string, mountpoint: string): boolean;
  /** Forgets machines that are here no more. */
  forgetAllBut(uuids: ReadonlySet<string>): void;
}

export function createToldMountpoints(): ToldMountpoints {
  const told = new Map<string, Set<string>>();
  return {
    isTold(uuid, mountpoint) {
      const known = told.get(uuid) ?? new Set();
      told.set(uuid, known);
      if (known.size < MAX_MOUNTPOINTS) known.add(mountpoint);
      return known.has(mountpoint);
    },
    forgetAllBut(uuids) {
      for (const uuid of told.keys()) if (!uuids.has(uuid)) told.delete(uuid);
    },
  };
}
