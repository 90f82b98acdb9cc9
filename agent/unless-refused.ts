/** What the kernel answers; undefined when it refuses (ENOENT, EACCES, EIO …), which is an answer, too. Anything else is a bug. */
export function unlessRefused<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (thrown) {
    if (isRefusal(thrown)) return undefined;
    throw thrown;
  }
}

export function isRefusal(thrown: unknown): thrown is Error {
  return thrown instanceof Error && "code" in thrown && "syscall" in thrown;
}
