/** A line longer than this is no line of any tool we run; what was received of it is thrown away. */
const MAX_LINE_CHARS = 1024 * 1024;

/** Hands over each whole line of a stream of text, as it comes. */
export function eachLine(
  stream: NodeJS.ReadableStream,
  encoding: "latin1" | "utf8",
  onLine: (line: string) => void,
): void {
  let rest = "";
  stream.setEncoding(encoding);
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_CHARS) rest = "";
    lines.forEach(onLine);
  });
}
