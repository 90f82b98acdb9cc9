/** How long a machine is gone: long enough to be called silent, and then down. */
export const HOST_BACK_MS = 240_000;
export const REBOOT_MS = 60_000;
/** How long a fault stays that somebody has to find. */
export const FOUND_MS = 600_000;
/** After a boot, when much is still on its way and nobody calls it broken for ten minutes. */
export const FOUND_AFTER_BOOT_MS = 900_000;
