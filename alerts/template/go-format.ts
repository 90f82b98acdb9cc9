/** Numbers and `printf` as Go's fmt and strconv write them, so that a Prometheus rule reads the same here. */

/** `%v` of a float64: the shortest text that reads back the same; from a million on with an exponent. */
export function formatShortest(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  return exponent < -4 || exponent >= 6 ? withExponent(mantissa, exponent) : String(value);
}

/** `%.<precision>g`: that many significant digits, trailing zeros left out. */
export function formatSignificant(value: number, precision: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (value === 0) return "0";
  const digits = Math.max(1, precision);
  const [mantissa = "", exponentText = "0"] = value.toExponential(digits - 1).split("e");
  const exponent = Number(exponentText);
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (exponent < -4 || exponent >= digits) return withExponent(trimmed, exponent);
  const fixed = value.toFixed(Math.min(100, Math.max(0, digits - 1 - exponent)));
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

/** `%e` and, with precision -1, what the Prometheus API writes for a value: `1.1e+01`. */
export function formatExponent(value: number, precision: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  const [mantissa = "", exponent = "0"] = value.toExponential(precision < 0 ? undefined : precision).split("e");
  return withExponent(mantissa, Number(exponent));
}

function formatSpecial(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

function withExponent(mantissa: string, exponent: number): string {
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

const VERB = /%([-+ 0]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g;

/** What is wrong with a format for `printf`; undefined when nothing is. */
export function problemOfFormat(format: string, argumentCount: number): string | undefined {
  let used = 0;
  for (const [text, , , , verb = ""] of format.matchAll(VERB)) {
    if (verb === "%") continue;
    if (!"sdvfgeqtx".includes(verb)) return `printf cannot do ${text}; it knows %s %v %d %f %g %e %q %t %x`;
    used += 1;
  }
  return used === argumentCount ? undefined : `printf has ${used} verbs for ${argumentCount} arguments`;
}

/** Go's Sprintf for the verbs `problemOfFormat` lets through. */
export function sprintf(format: string, args: readonly (string | number | boolean)[]): string {
  let next = 0;
  return format.replace(VERB, (_text, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === "%") return "%";
    const arg = args[next++] ?? "";
    const digits = precision === undefined ? undefined : Number(precision);
    let text = formatVerb(verb, arg, digits);
    if (typeof arg === "number" && arg >= 0 && flags.includes("+")) text = `+${text}`;
    return pad(text, Number(width), flags);
  });
}

function formatVerb(verb: string, arg: string | number | boolean, digits: number | undefined): string {
  if (verb === "q") return JSON.stringify(String(arg));
  if (typeof arg === "number") {
    switch (verb) {
      case "f":
        return Number.isFinite(arg) ? arg.toFixed(Math.min(digits ?? 6, 100)) : formatSpecial(arg);
      case "e":
        return formatExponent(arg, digits ?? 6);
      case "d":
        return Number.isFinite(arg) ? String(Math.trunc(arg)) : formatSpecial(arg);
      case "x":
        return Math.trunc(arg).toString(16);
      default:
        return digits === undefined ? formatShortest(arg) : formatSignificant(arg, digits);
    }
  }
  const text = String(arg);
  return digits === undefined ? text : text.slice(0, digits);
}

function pad(text: string, width: number, flags: string): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
